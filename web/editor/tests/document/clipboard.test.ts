import { describe, expect, it } from "vitest";
import { copy, paste } from "../../src/document/clipboard";
import * as commands from "../../src/document/commands";
import { addedNodes } from "../../src/document/diff";
import { begin, type Command, perform } from "../../src/document/history";
import { DocumentError } from "../../src/document/json";
import { NOTE, type Scope, type Workflow } from "../../src/document/workflow";
import { CATALOGUE, TEXT_TO_IMAGE, workflow } from "./nodes";

const start = workflow(TEXT_TO_IMAGE);
const done = (w: Workflow, ...all: readonly Command[]) =>
  all.reduce((h, one) => perform(h, one), begin(w)).present;
const at = { x: 100, y: 200 };

describe("copy and paste", () => {
  const text = copy(start, null, ["positive", "sample"], CATALOGUE);
  const put = (w: Workflow, scope: Scope, from = text, keepOuterLinks = false) => {
    const made = paste(w, scope, from, at, { keepOuterLinks, catalogue: CATALOGUE });
    if (made instanceof DocumentError) throw made;
    return done(w, made);
  };

  it("keeps links among what was copied, and the others where they are wanted", () => {
    const apart = put(start, null);
    expect(addedNodes(start, apart, null)).toEqual(["positive_2", "sample_2"]);
    expect(apart.nodes.sample_2?.links).toEqual({ positive: "positive_2.conditioning" });
    expect(apart.nodes.sample_2?.values).toEqual(start.nodes.sample?.values);
    expect(apart.view.nodes?.positive_2).toEqual([100, 200]);
    expect(apart.view.nodes?.sample_2).toEqual([420, 200]);
    const near = put(start, null, text, true);
    expect(near.nodes.sample_2?.links).toMatchObject({
      model: "checkpoint.model",
      latent: "empty.latent",
      positive: "positive_2.conditioning",
    });
  });

  it("lays out a text that does not say where its nodes stand", () => {
    const bare = JSON.stringify({ weft: 1, nodes: TEXT_TO_IMAGE.nodes });
    const { nodes = {} } = put(workflow({}), null, bare).view;
    expect(new Set(Object.values(nodes).map(String)).size).toBe(6);
    expect(nodes.checkpoint).toEqual([100, 200]);
    expect(nodes.sample?.[0]).toBeGreaterThan(nodes.empty?.[0] ?? 0);
  });

  it("works in another workflow, where nodes of the same names are others", () => {
    const other = workflow({ nodes: { checkpoint: { type: "image.save" } } });
    expect(put(other, null, text, true).nodes.sample?.links).toEqual({
      positive: "positive.conditioning",
    });
  });

  it("takes along the subgraphs that are used, under names that are free", () => {
    const inner = { nodes: { r: { type: "image.resize" } }, inputs: { image: "r.image" } };
    const from = workflow({
      nodes: {
        use: { type: "subgraph:s" },
        loop: { type: "flow.for_each", values: { body: "t" } },
      },
      subgraphs: { s: inner, t: { nodes: { u: { type: "subgraph:s" } } }, unused: {} },
      requires: { "gone-nodes": ">=1" },
    });
    const part = copy(from, null, ["use", "loop"], CATALOGUE);
    const same = put(workflow({ subgraphs: { s: inner } }), null, part);
    expect(Object.keys(same.subgraphs).sort()).toEqual(["s", "t"]);
    const other = put(workflow({ subgraphs: { s: {} } }), null, part);
    expect(Object.keys(other.subgraphs).sort()).toEqual(["s", "s 2", "t"]);
    expect(other.nodes.use?.type).toBe("subgraph:s 2");
    expect(other.subgraphs.t?.nodes.u?.type).toBe("subgraph:s 2");
    expect(other.nodes.loop?.values.body).toBe("t");
    // What is missing here says how to get it, but only where something is missing.
    expect(other.requires).toEqual({});
    const gone = copy(
      workflow({ nodes: { g: { type: "gone:a" } }, requires: { "gone-nodes": ">=1" } }),
      null,
      ["g"],
      CATALOGUE,
    );
    expect(put(start, null, gone).requires).toEqual({ "gone-nodes": ">=1" });
  });

  it("refuses what is no workflow, and a subgraph inside itself", () => {
    const w = workflow({
      nodes: { use: { type: "subgraph:s" } },
      subgraphs: { s: { nodes: { a: { type: "image.load" } } } },
    });
    const options = { keepOuterLinks: false, catalogue: CATALOGUE };
    const recursive = paste(w, "s", copy(w, null, ["use"], CATALOGUE), at, options);
    expect(recursive).toBeInstanceOf(DocumentError);
    expect(paste(w, null, "hello", at, options)).toBeInstanceOf(DocumentError);
  });

  it("duplicates in place with the links in, notes and groups", () => {
    const boxed = done(start, commands.addNote(null, { text: "hello", at }));
    const w = done(boxed, commands.duplicate(null, ["sample", `${NOTE}note`], CATALOGUE));
    expect(w.nodes.sample_2?.links).toEqual(start.nodes.sample?.links);
    expect(w.view.nodes?.sample_2).toEqual([720, 80]);
    expect(w.view.notes?.map((one) => one.id)).toEqual(["note", "note_2"]);
  });
});
