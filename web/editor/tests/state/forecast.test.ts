import { describe, expect, it, vi } from "vitest";
import type { Workflow } from "../../src/document/workflow";
import { EMPTY } from "../../src/document/workflow";

vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => undefined });
const { finishedTargets } = await import("../../src/state/forecast");

//   a -> b -> c        d -> e
const links: Record<string, Record<string, string>> = {
  a: {},
  b: { x: "a.value" },
  c: { x: "b.value" },
  d: {},
  e: { x: "d.value" },
};
const workflow: Workflow = {
  ...EMPTY,
  nodes: Object.fromEntries(
    Object.entries(links).map(([id, given]) => [
      id,
      { type: "t.t", version: 1, values: {}, links: given },
    ]),
  ),
};

describe("what of a workflow can be planned", () => {
  it("is everything where nothing is wrong", () => {
    expect(finishedTargets(workflow, [])).toEqual([]);
  });

  it("is what needs nothing that is unfinished", () => {
    expect(finishedTargets(workflow, [{ scope: null, node: "b" }])).toEqual(["e"]);
    expect(finishedTargets(workflow, [{ scope: null, node: "d" }])).toEqual(["c"]);
  });

  it("is nothing where all ends are unfinished, or the file itself is wrong", () => {
    const both = ["a", "d"].map((node) => ({ scope: null, node }));
    expect(finishedTargets(workflow, both)).toBeNull();
    expect(finishedTargets(workflow, [{ scope: null }])).toBeNull();
    expect(finishedTargets(workflow, [{ scope: "inner", node: "x" }])).toBeNull();
  });
});
