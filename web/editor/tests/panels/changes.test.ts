import { describe, expect, it } from "vitest";
import { EMPTY_CATALOGUE } from "../../src/document/catalogue";
import { diffWorkflows } from "../../src/document/diff";
import { Float } from "../../src/document/json";
import { mergeThree } from "../../src/document/merge";
import { EMPTY, type NodeDocument, type Workflow } from "../../src/document/workflow";
import { changeGroups, countsOf, linesOf, valueText } from "../../src/panels/changes";
import { placeText, sideOf } from "../../src/panels/conflicts";

function node(rest: Partial<NodeDocument> = {}): NodeDocument {
  return { type: "latent.sample", version: 1, values: {}, links: {}, ...rest };
}

function workflow(nodes: Readonly<Record<string, NodeDocument>>, rest: Partial<Workflow> = {}) {
  return { ...EMPTY, nodes, ...rest };
}

const INNER = { nodes: { a: node() }, view: {}, inputs: {}, outputs: {} };
const BEFORE = workflow(
  { sample: node({ values: { steps: 20 }, title: "Sampler" }), gone: node() },
  { parameters: { seed: "sample.seed" }, subgraphs: { upscale: INNER } },
);
const AFTER = workflow(
  {
    sample: node({ values: { steps: 30 }, links: { model: "new.model" }, mode: "mute" }),
    new: node(),
  },
  {
    subgraphs: {
      upscale: {
        ...INNER,
        nodes: { a: node({ values: { x: 1 } }) },
        outputs: { image: "a.image" },
      },
      added: INNER,
    },
  },
);
const DIFF = diffWorkflows(BEFORE, AFTER);

describe("the changes between two versions", () => {
  const groups = changeGroups(DIFF, BEFORE, AFTER);

  it("are listed node by node, the node as it is or last was", () => {
    const [own] = groups;
    expect(own?.nodes.map((one) => `${one.mark} ${one.id}`)).toEqual([
      "added new",
      "removed gone",
      "changed sample",
    ]);
    expect(own?.nodes.at(-1)?.lines).toEqual([
      { what: "title", field: "title", before: "Sampler", after: null },
      { what: "mode", field: "mode", before: null, after: "mute" },
      { what: "steps", before: "20", after: "30" },
      { what: "model", before: null, after: "← new.model" },
    ]);
  });

  it("name the subgraphs that they are in", () => {
    const inner = groups.slice(1).map(({ scope, state, outputs }) => ({ scope, state, outputs }));
    expect(inner).toEqual([
      {
        scope: "upscale",
        state: "changed",
        outputs: [{ what: "image", before: null, after: "← a.image" }],
      },
      { scope: "added", state: "added", outputs: [] },
    ]);
  });

  it("are counted in all graphs", () => {
    expect(countsOf(DIFF)).toMatchObject({ added: 2, removed: 1, changed: 2 });
  });

  it("hold parameters", () => {
    expect(linesOf(DIFF.parameters)).toEqual([
      { what: "seed", before: "sample.seed", after: null },
    ]);
  });

  it("are none where there are none", () => {
    expect(changeGroups(diffWorkflows(AFTER, AFTER), AFTER, AFTER)).toEqual([]);
  });
});

describe("values as text", () => {
  it.each([
    ["two words", "two words"],
    [new Float(4), "4.0"],
    [2n ** 60n, "1152921504606846976"],
    [["a", "b"], "a, b"],
    [[1, "b"], '[1,"b"]'],
    [null, "null"],
  ])("are written as they are read: %#", (value, text) => {
    expect(valueText(value)).toBe(text);
  });
});

describe("conflicts", () => {
  const base = workflow({ a: node({ values: { steps: 1, x: 1 } }), b: node() });
  const mine = workflow({ a: node({ values: { steps: 2, x: 1 }, title: "Mine" }) });
  const theirs = workflow({
    a: node({ values: { steps: 3, x: 1 } }),
    b: node({ values: { seed: 1 } }),
  });
  const { conflicts } = mergeThree(base, mine, theirs);
  const byPath = new Map(conflicts.map((one) => [one.path, one]));

  it("are named by titles", () => {
    const places = conflicts.map((one) => placeText(one.path, [mine, theirs], EMPTY_CATALOGUE));
    expect(places.sort()).toEqual(["Mine · steps", "latent.sample"]);
    const inner = placeText("subgraphs.upscale.nodes.a.x", [AFTER], EMPTY_CATALOGUE);
    expect(inner).toBe("upscale · latent.sample · x");
  });

  it("say what each side made of it", () => {
    const steps = byPath.get("nodes.a.steps");
    expect(sideOf(steps?.mine)).toEqual({ kind: "value", text: "2" });
    expect(sideOf(steps?.theirs)).toEqual({ kind: "value", text: "3" });
    const whole = byPath.get("nodes.b");
    expect(sideOf(whole?.mine).kind).toBe("gone");
    expect(sideOf(whole?.theirs).kind).toBe("node");
    expect(sideOf({ link: "a.out" }).text).toBe("← a.out");
    expect(sideOf("seed").text).toBe("seed");
  });
});
