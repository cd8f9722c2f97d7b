import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Graph, NodeDocument } from "../../src/document/workflow";
import { outlineOf } from "../../src/panels/outline_tree";

function graph(links: Readonly<Record<string, readonly string[]>>): Graph {
  const nodes: Record<string, NodeDocument> = {};
  for (const [id, sources] of Object.entries(links))
    nodes[id] = {
      type: "t",
      version: 1,
      values: {},
      links: Object.fromEntries(sources.map((one, index) => [`in${index}`, `${one}.out`])),
    };
  return { nodes, view: {} };
}

const shown = (of: Graph, folded: readonly string[] = []) =>
  outlineOf(of, new Set(folded)).map((one) => `${"-".repeat(one.level - 1)}${one.id}`);

const PICTURE = graph({
  model: [],
  prompt: ["model"],
  sample: ["model", "prompt"],
  decode: ["sample", "model"],
  save: ["decode"],
});

describe("outlineOf", () => {
  it("begins with the end and puts below each node what it comes from", () => {
    expect(shown(PICTURE)).toEqual(["save", "-decode", "--sample", "---prompt", "--model"]);
  });

  it("hides what is folded", () => {
    expect(shown(PICTURE, ["sample"])).toEqual(["save", "-decode", "--sample", "--model"]);
  });

  it("counts siblings", () => {
    const rows = outlineOf(PICTURE, new Set());
    expect(rows.at(-1)).toEqual({ id: "model", level: 3, children: 0, place: 2, siblings: 2 });
  });

  it("shows every node once, circles and broken links included", () => {
    const ids = ["a", "b", "c", "d", "e"];
    const source = fc.array(fc.constantFrom(...ids, "gone"), { maxLength: 3 });
    const record = fc.record(Object.fromEntries(ids.map((id) => [id, source])));
    fc.assert(
      fc.property(record, (links) => {
        const rows = outlineOf(graph(links), new Set());
        expect(rows.map((one) => one.id).sort()).toEqual(ids);
      }),
    );
  });

  it("takes a chain that is longer than the stack", () => {
    const links = Object.fromEntries(
      Array.from({ length: 20_000 }, (_, index) => [`n${index}`, index ? [`n${index - 1}`] : []]),
    );
    expect(outlineOf(graph(links), new Set())).toHaveLength(20_000);
  });
});
