import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { writeWorkflow } from "../../src/document/canonical";
import * as commands from "../../src/document/commands";
import { diffWorkflows } from "../../src/document/diff";
import { begin, type Command, perform } from "../../src/document/history";
import { mergeThree } from "../../src/document/merge";
import type { Workflow } from "../../src/document/workflow";
import { anyWorkflow, LONG } from "./arbitraries";
import { CATALOGUE, TEXT_TO_IMAGE, workflow } from "./nodes";
import { commandOf, KINDS } from "./random_commands";

const base = workflow(TEXT_TO_IMAGE);
const done = (w: Workflow, ...all: readonly Command[]) =>
  all.reduce((h, one) => perform(h, one), begin(w)).present;
const steps = (value: number) => commands.setValue(null, "sample", "steps", value);

describe("diffWorkflows", () => {
  it("tells what was added, removed, changed and moved", () => {
    const b = done(
      base,
      steps(30),
      commands.removeNodes(null, ["decode"], CATALOGUE),
      commands.addNode(null, CATALOGUE, { type: "image.load", at: { x: 0, y: 0 } }),
      commands.connect(null, { node: "load", socket: "image" }, { node: "save", socket: "image" }),
      commands.setMode(null, ["empty"], "mute"),
      commands.moveNodes(null, new Map([["save", [1, 1]]])),
      commands.removeParameter("seed"),
    );
    expect(diffWorkflows(base, b)).toEqual({
      scope: null,
      added: ["load"],
      removed: ["decode"],
      changed: [
        { id: "empty", values: {}, links: {}, mode: [undefined, "mute"] },
        { id: "sample", values: { steps: [20, 30] }, links: {} },
        { id: "save", values: {}, links: { image: ["decode.image", "load.image"] } },
      ],
      moved: ["save"],
      parameters: { seed: ["sample.seed", undefined] },
      requires: {},
      subgraphs: [],
      same: false,
    });
  });

  it("sees into subgraphs", () => {
    const a = workflow({ subgraphs: { s: { nodes: { n: { type: "image.load" } } }, t: {} } });
    const b = workflow({ subgraphs: { s: { nodes: {} }, u: { nodes: { n: { type: "x" } } } } });
    const found = diffWorkflows(a, b).subgraphs.map((one) => [
      one.scope,
      one.state,
      one.added,
      one.removed,
    ]);
    expect(found).toEqual([
      ["s", "changed", [], ["n"]],
      ["t", "removed", [], []],
      ["u", "added", ["n"], []],
    ]);
  });

  it("finds nothing between equal files, and only layout where only that changed", () => {
    expect(diffWorkflows(base, workflow(TEXT_TO_IMAGE)).same).toBe(true);
    const moved = done(base, commands.moveNodes(null, new Map([["save", [1, 1]]])));
    expect(diffWorkflows(base, moved)).toMatchObject({ same: true, moved: ["save"] });
  });
});

describe("mergeThree", () => {
  it("takes the changes of both sides", () => {
    const mine = done(base, steps(30), commands.setTitle(null, "save", "Mine"));
    const theirs = done(
      base,
      commands.setValue(null, "sample", "seed", 8),
      commands.addNode(null, CATALOGUE, { type: "image.load", at: { x: 5, y: 5 } }),
      commands.setParameter("width", "empty.width"),
    );
    const { merged, conflicts } = mergeThree(base, mine, theirs);
    expect(conflicts).toEqual([]);
    expect(merged.nodes.sample?.values).toEqual({ steps: 30, seed: 8 });
    expect(merged.nodes.save?.title).toBe("Mine");
    expect(merged.parameters.width).toBe("empty.width");
    expect(merged.view.nodes?.load).toEqual([5, 5]);
  });

  it("asks where both changed the same", () => {
    const [mine, theirs] = [done(base, steps(30)), done(base, steps(40))];
    const found = mergeThree(base, mine, theirs);
    expect(found.conflicts).toEqual([
      { path: "nodes.sample.steps", mine: { value: 30 }, theirs: { value: 40 } },
    ]);
    expect(found.merged.nodes.sample?.values.steps).toBe(30);
    const other = mergeThree(base, mine, theirs, () => "theirs").merged;
    expect(other.nodes.sample?.values.steps).toBe(40);
  });

  it("never leaves an input with a value of one side and a link of the other", () => {
    const theirs = done(
      base,
      commands.connect(null, { node: "n", socket: "value" }, { node: "sample", socket: "steps" }),
    );
    const { merged, conflicts } = mergeThree(base, done(base, steps(30)), theirs);
    expect(conflicts).toEqual([
      { path: "nodes.sample.steps", mine: { value: 30 }, theirs: { link: "n.value" } },
    ]);
    expect(merged.nodes.sample?.values.steps).toBe(30);
    expect(merged.nodes.sample?.links.steps).toBeUndefined();
  });

  it("asks about a node that one side deleted and the other changed, or still needs", () => {
    const deleted = done(base, commands.removeNodes(null, ["empty"], CATALOGUE));
    const changed = done(base, commands.setValue(null, "empty", "width", 64));
    const found = mergeThree(base, deleted, changed);
    expect(found.conflicts.map((one) => one.path)).toEqual(["nodes.empty"]);
    expect(found.merged.nodes.empty).toBeUndefined();
    const linked = done(
      base,
      commands.addNode(null, CATALOGUE, { type: "latent.decode", at: { x: 0, y: 0 }, id: "new" }),
      commands.connect(
        null,
        { node: "empty", socket: "latent" },
        { node: "new", socket: "latent" },
      ),
    );
    const needed = mergeThree(base, linked, deleted);
    expect(needed.conflicts.map((one) => one.path)).toEqual(["nodes.empty"]);
    expect(needed.merged.nodes.empty).toBeDefined();
    const gone = mergeThree(base, linked, deleted, () => "theirs").merged;
    expect(gone.nodes.empty).toBeUndefined();
    expect(gone.nodes.new?.links).toEqual({});
  });

  it("takes two nodes of one name whole where they are of different types", () => {
    const add = (type: string) =>
      done(base, commands.addNode(null, CATALOGUE, { type, at: { x: 0, y: 0 }, id: "n" }));
    const { conflicts, merged } = mergeThree(base, add("image.load"), add("image.save"));
    expect(conflicts.map((one) => one.path)).toEqual(["nodes.n"]);
    expect(merged.nodes.n?.type).toBe("image.load");
  });

  it(
    "takes the one side that changed, whatever it changed",
    () => {
      const plan = fc.array(
        fc.tuple(fc.constantFrom(...KINDS), fc.array(fc.nat(99), { minLength: 6, maxLength: 6 })),
        { minLength: 1, maxLength: 8 },
      );
      fc.assert(
        fc.property(anyWorkflow(), plan, (w, all) => {
          let history = begin(w);
          for (const [kind, numbers] of all) {
            const command = commandOf(kind, history.present, numbers);
            if (command) history = perform(history, command);
          }
          const changed = writeWorkflow(history.present);
          const left = mergeThree(w, history.present, w);
          const right = mergeThree(w, w, history.present);
          const both = mergeThree(w, history.present, history.present);
          expect([left, right, both].map((one) => one.conflicts)).toEqual([[], [], []]);
          for (const one of [left, right, both]) expect(writeWorkflow(one.merged)).toBe(changed);
          expect(diffWorkflows(history.present, left.merged).same).toBe(true);
        }),
        { numRuns: 200 },
      );
    },
    LONG,
  );
});
