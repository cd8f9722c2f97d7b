import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { writeWorkflow } from "../../src/document/canonical";
import { Flat } from "../../src/document/flat";
import { begin, type Command, perform, undo } from "../../src/document/history";
import { writeJson } from "../../src/document/json";
import { socketsOf } from "../../src/document/sockets";
import {
  deleteSubgraph,
  expandSubgraph,
  exposeInput,
  exposeOutput,
  hideInput,
  hideOutput,
  isRefusal,
  makeSubgraph,
  type Refusal,
  renameInput,
  renameOutput,
  renameSubgraph,
  usesOf,
} from "../../src/document/subgraphs";
import { problemsOf } from "../../src/document/validate";
import { parseTarget, subgraphOf, targetsOf, type Workflow } from "../../src/document/workflow";
import { anyWorkflow, LONG } from "./arbitraries";
import { CATALOGUE, TEXT_TO_IMAGE, workflow } from "./nodes";

const start = workflow(TEXT_TO_IMAGE);

function done(w: Workflow, made: Command | Refusal): Workflow {
  if (isRefusal(made)) throw new Error(`refused: ${made.refused} ${made.about}`);
  return perform(begin(w), made).present;
}

/** What the engine runs: every node with what it is given, without the subgraphs around it. */
function flattened(w: Workflow, use?: string): ReadonlyMap<string, string> {
  const flat = Flat.of(w.nodes, w.subgraphs);
  const plain = (id: string) =>
    use !== undefined && id.startsWith(`${use}/`) ? id.slice(use.length + 1) : id;
  const found = new Map<string, string>();
  for (const node of flat.nodes.values()) {
    const links = node.links.map(([input, from]) => {
      const source = flat.resolved(from);
      return [input, plain(source.node), source.socket];
    });
    const values = Object.entries(node.values).map(([name, value]) => [name, writeJson(value)]);
    const { type, version, title } = node.document;
    found.set(
      plain(node.id),
      JSON.stringify([type, version, title, node.mode, values.sort(), links.sort()]),
    );
  }
  return found;
}

/** The inner inputs that each parameter sets, through subgraphs. */
function settings(w: Workflow, use?: string): Record<string, readonly string[]> {
  const inside = (
    nodes: Workflow["nodes"],
    text: string,
    prefix: string,
    depth: number,
  ): string[] => {
    const target = parseTarget(text);
    const node = target && nodes[target.node];
    const name = node ? subgraphOf(node.type) : null;
    const inner = name === null ? undefined : w.subgraphs[name];
    if (!target || !inner || depth > 5) return [prefix + text];
    if (!(target.socket in inner.inputs)) return [prefix + text];
    return targetsOf(inner.inputs[target.socket] ?? []).flatMap((one) =>
      inside(inner.nodes, one, `${prefix}${target.node}/`, depth + 1),
    );
  };
  const plain = (path: string) =>
    use !== undefined && path.startsWith(`${use}/`) ? path.slice(use.length + 1) : path;
  return Object.fromEntries(
    Object.entries(w.parameters).map(([name, target]) => [
      name,
      targetsOf(target)
        .flatMap((text) => inside(w.nodes, text, "", 0))
        .map(plain)
        .sort(),
    ]),
  );
}

describe("makeSubgraph", () => {
  const made = done(start, makeSubgraph(start, null, ["empty", "sample", "decode"], "paint"));

  it("names what crosses its border after the sockets inside", () => {
    expect(made.subgraphs.paint?.inputs).toEqual({
      model: ["empty.model", "sample.model"],
      positive: "sample.positive",
      vae: "decode.vae",
      seed: "sample.seed",
    });
    expect(made.subgraphs.paint?.outputs).toEqual({ image: "decode.image" });
    expect(made.nodes.paint).toEqual({
      type: "subgraph:paint",
      version: 1,
      values: {},
      links: {
        model: "checkpoint.model",
        positive: "positive.conditioning",
        vae: "checkpoint.vae",
      },
    });
    expect(made.nodes.save?.links).toEqual({ image: "paint.image" });
  });

  it("lets parameters follow, and takes the layout inside", () => {
    expect(made.parameters).toEqual({ prompt: "positive.text", seed: "paint.seed" });
    expect(made.view.nodes?.paint).toEqual([360, 40]);
    expect(made.subgraphs.paint?.view.nodes?.decode).toEqual([1000, 40]);
    expect(made.view.nodes?.decode).toBeUndefined();
    expect(problemsOf(made, CATALOGUE)).toEqual([]);
  });

  it("runs the same", () => {
    expect(flattened(made, "paint")).toEqual(flattened(start));
  });

  it("is undone", () => {
    const command = makeSubgraph(start, null, ["sample"], "one") as Command;
    expect(writeWorkflow(undo(perform(begin(start), command)).present)).toBe(writeWorkflow(start));
  });

  it.each([
    [[], "x", { refused: "empty" }],
    [["ghost"], "x", { refused: "empty" }],
    [["sample"], "a.b", { refused: "name", about: "a.b" }],
    [["checkpoint", "decode"], "x", { refused: "loop", about: "positive" }],
  ])("refuses %j as %s", (ids, name, refusal) => {
    const found = makeSubgraph(start, null, ids, name);
    expect(found).toMatchObject({ refused: refusal.refused });
  });

  it("refuses a name that is taken", () => {
    expect(makeSubgraph(made, null, ["save"], "paint")).toEqual({
      refused: "taken",
      about: "paint",
    });
  });

  it("nests", () => {
    const nested = done(made, makeSubgraph(made, "paint", ["sample", "decode"], "inner"));
    expect(nested.subgraphs.paint?.outputs).toEqual({ image: "inner.image" });
    expect(nested.subgraphs.paint?.inputs.seed).toBe("inner.seed");
    expect(nested.subgraphs.paint?.inputs.model).toEqual(["empty.model", "inner.model"]);
    expect(problemsOf(nested, CATALOGUE)).toEqual([]);
    const again = done(nested, expandSubgraph(nested, "paint", "inner", CATALOGUE));
    expect(flattened(again)).toEqual(flattened(made));
  });
});

describe("expandSubgraph", () => {
  const made = done(start, makeSubgraph(start, null, ["empty", "sample", "decode"], "paint"));

  it("brings back what was made a subgraph", () => {
    const again = done(made, expandSubgraph(made, null, "paint", CATALOGUE));
    expect(writeWorkflow(again)).toBe(writeWorkflow(start));
  });

  it("keeps the values that the use gives, and the subgraph while another use needs it", () => {
    const twice = workflow({
      ...JSON.parse(writeWorkflow(made)),
      nodes: {
        ...JSON.parse(writeWorkflow(made)).nodes,
        second: {
          type: "subgraph:paint",
          mode: "mute",
          values: { seed: 8 },
          links: {
            model: "checkpoint.model",
            positive: "positive.conditioning",
            vae: "checkpoint.vae",
          },
        },
      },
    });
    const again = done(twice, expandSubgraph(twice, null, "second", CATALOGUE));
    expect(again.nodes.sample?.values).toEqual({ seed: 8, steps: 20 });
    expect(again.nodes.decode?.mode).toBe("mute");
    expect(again.subgraphs.paint).toBeDefined();
    const both = done(again, expandSubgraph(again, null, "paint", CATALOGUE));
    expect(both.nodes.sample_2?.links.latent).toBe("empty_2.latent");
    expect(both.parameters.seed).toBe("sample_2.seed");
    expect(both.subgraphs.paint).toBeUndefined();
  });

  it("refuses what would lose something", () => {
    const odd = (change: object) =>
      workflow({
        ...JSON.parse(writeWorkflow(made)),
        nodes: { paint: { type: "subgraph:paint", ...change } },
      });
    const refusal = (w: Workflow) => expandSubgraph(w, null, "paint", CATALOGUE);
    expect(refusal(odd({ mode: "bypass" }))).toEqual({ refused: "bypassed", about: "paint" });
    expect(refusal(odd({ values: { nothing: 1 } }))).toEqual({
      refused: "stray",
      about: "nothing",
    });
    expect(expandSubgraph(made, null, "save", CATALOGUE)).toEqual({
      refused: "missing",
      about: "save",
    });
  });
});

/** Of an input with a value and a link, which is an error, a subgraph around it keeps the link. */
function withoutBoth(w: Workflow): Workflow {
  const data = JSON.parse(writeWorkflow(w));
  for (const graph of [data, ...Object.values(data.subgraphs ?? {})])
    for (const { values = {}, links = {} } of Object.values<Graph>(graph.nodes ?? {}))
      for (const name of Object.keys(links)) delete values[name];
  return workflow(data);
}

type Graph = { values?: Record<string, unknown>; links?: Record<string, string> };

describe("make and expand, of anything", () => {
  const chosen = fc.array(fc.constantFrom("a", "b", "c", "d", "constructor", "__proto__"), {
    minLength: 1,
    maxLength: 4,
  });

  it(
    "keep every link, value and parameter",
    () => {
      fc.assert(
        fc.property(anyWorkflow().map(withoutBoth), chosen, (w, ids) => {
          const made = makeSubgraph(w, null, ids, "made", { id: "use" });
          if (isRefusal(made)) return;
          const inside = perform(begin(w), made).present;
          expect(flattened(inside, "use")).toEqual(flattened(w));
          expect(settings(inside, "use")).toEqual(settings(w));
          const expanded = expandSubgraph(inside, null, "use", CATALOGUE);
          if (isRefusal(expanded)) return expect(expanded.refused).toBe("stray");
          const again = perform(begin(inside), expanded).present;
          expect(flattened(again)).toEqual(flattened(w));
          expect(settings(again)).toEqual(settings(w));
        }),
        { numRuns: 300 },
      );
    },
    LONG,
  );
});

describe("the sockets of a subgraph", () => {
  const made = done(start, makeSubgraph(start, null, ["empty", "sample", "decode"], "paint"));

  it("take the narrower of what several inner inputs want", () => {
    const w = workflow({
      nodes: { use: { type: "subgraph:s" } },
      subgraphs: {
        s: {
          nodes: {
            a: { type: "primitive.float" },
            b: { type: "primitive.int", values: { value: 3 } },
            c: { type: "image.load" },
          },
          inputs: { number: ["a.value", "b.value"], path: "c.path", odd: ["a.value", "c.path"] },
          outputs: { image: "c.image" },
        },
      },
    });
    const { inputs, outputs } = socketsOf(w, null, "use", CATALOGUE);
    expect(inputs.map((one) => [one.name, one.kind, one.kinds, one.required])).toEqual([
      ["number", "int", ["float", "int"], false],
      ["path", "str", undefined, true],
      ["odd", "float", ["float", "str"], true],
    ]);
    expect(outputs.map((one) => [one.name, one.kind])).toEqual([["image", "image"]]);
  });

  it("are exposed and hidden with what the uses give to them", () => {
    const shown = perform(begin(made), exposeInput("paint", { node: "sample", socket: "steps" }));
    expect(shown.present.subgraphs.paint?.inputs.steps).toBe("sample.steps");
    const hidden = perform(shown, hideInput("paint", "model")).present;
    expect(hidden.nodes.paint?.links.model).toBeUndefined();
    expect(hidden.subgraphs.paint?.inputs.model).toBeUndefined();
    const output = perform(
      begin(made),
      exposeOutput("paint", { node: "sample", socket: "latent" }),
    );
    expect(output.present.subgraphs.paint?.outputs.latent).toBe("sample.latent");
    expect(perform(output, hideOutput("paint", "image")).present.nodes.save?.links).toEqual({});
    expect(
      perform(begin(made), hideInput("paint", "seed")).present.parameters.seed,
    ).toBeUndefined();
  });

  it("are renamed for their uses too", () => {
    const named = perform(begin(made), renameInput("paint", "seed", "noise", CATALOGUE)).present;
    expect(named.parameters.seed).toBe("paint.noise");
    const model = perform(begin(made), renameInput("paint", "model", "net", CATALOGUE)).present;
    expect(model.nodes.paint?.links.net).toBe("checkpoint.model");
    const output = perform(begin(made), renameOutput("paint", "image", "picture")).present;
    expect(output.nodes.save?.links.image).toBe("paint.picture");
    expect(problemsOf(output, CATALOGUE)).toEqual([]);
  });
});

describe("a subgraph by its name", () => {
  const w = workflow({
    nodes: {
      loop: { type: "flow.for_each", values: { body: "one" }, links: { items: "x.value" } },
      use: { type: "subgraph:one" },
    },
    subgraphs: {
      one: { nodes: { r: { type: "flow.reroute" } }, inputs: { item: "r.value" } },
      two: {},
    },
  });

  it("is found where it is used", () => {
    expect(usesOf(w, "one", CATALOGUE)).toEqual([
      { scope: null, node: "loop", input: "body" },
      { scope: null, node: "use" },
    ]);
  });

  it("is renamed everywhere", () => {
    const named = done(w, renameSubgraph(w, "one", "first", CATALOGUE));
    expect(named.nodes.loop?.values.body).toBe("first");
    expect(named.nodes.use?.type).toBe("subgraph:first");
    expect(Object.keys(named.subgraphs).sort()).toEqual(["first", "two"]);
    expect(renameSubgraph(w, "one", "two", CATALOGUE)).toEqual({ refused: "taken", about: "two" });
  });

  it("is deleted only where nothing uses it", () => {
    expect(deleteSubgraph(w, "one", CATALOGUE)).toEqual({ refused: "used", about: "loop" });
    expect(Object.keys(done(w, deleteSubgraph(w, "two", CATALOGUE)).subgraphs)).toEqual(["one"]);
  });
});
