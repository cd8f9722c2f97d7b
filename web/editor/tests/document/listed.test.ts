import { describe, expect, it } from "vitest";
import { readWorkflow, writeWorkflow } from "../../src/document/canonical";
import { EMPTY_CATALOGUE } from "../../src/document/catalogue";
import { orderNames, renameInput } from "../../src/document/commands";
import { begin, perform, undo } from "../../src/document/history";
import { inOrder } from "../../src/document/listed";
import { socketsOf } from "../../src/document/sockets";

const TEXT = `{
  "weft": 1,
  "nodes": {"use": {"type": "subgraph:s", "version": 1}},
  "subgraphs": {
    "s": {
      "nodes": {"n": {"type": "a.b", "version": 1}},
      "inputs": {"a": "n.a", "b": "n.b", "c": "n.c"},
      "outputs": {"x": "n.x", "y": "n.y"}
    }
  }
}`;

describe("the order of names", () => {
  it("is the layout's, with new names after it", () => {
    const view = { order: { parameters: ["c", "gone", "a", "c"] } };
    expect(inOrder(view, "parameters", ["a", "b", "c"])).toEqual(["c", "a", "b"]);
    expect(inOrder(view, "inputs", ["b", "a"])).toEqual(["b", "a"]);
  });

  it("takes anything that a file may say", () => {
    for (const order of [null, 3, [], "x", { inputs: "abc" }, { inputs: { a: 1 } }])
      expect(inOrder({ order }, "inputs", ["b", "a"])).toEqual(["b", "a"]);
    expect(inOrder({ order: { inputs: [1, "a", null] } }, "inputs", ["b", "a"])).toEqual([
      "a",
      "b",
    ]);
  });

  it("is that of a use's sockets, survives saving, and is one step", () => {
    const before = readWorkflow(TEXT);
    const named = perform(
      perform(begin(before), orderNames("s", "inputs", ["c", "a", "b"])),
      orderNames("s", "outputs", ["y", "x"]),
    );
    const after = readWorkflow(writeWorkflow(named.present));
    const { inputs, outputs } = socketsOf(after, null, "use", EMPTY_CATALOGUE);
    expect(inputs.map((one) => one.name)).toEqual(["c", "a", "b"]);
    expect(outputs.map((one) => one.name)).toEqual(["y", "x"]);
    expect(writeWorkflow(undo(undo(named)).present)).toBe(writeWorkflow(before));
    const cleared = perform(
      perform(named, orderNames("s", "inputs", [])),
      orderNames("s", "outputs", []),
    );
    expect(writeWorkflow(cleared.present)).toBe(writeWorkflow(before));
  });

  it("keeps the place of a name that changes", () => {
    const ordered = perform(
      begin(readWorkflow(TEXT)),
      orderNames("s", "inputs", ["c", "a", "b"]),
    ).present;
    const renamed = perform(
      begin(ordered),
      renameInput("s", "c", "first", EMPTY_CATALOGUE),
    ).present;
    const { inputs } = socketsOf(renamed, null, "use", EMPTY_CATALOGUE);
    expect(inputs.map((one) => one.name)).toEqual(["first", "a", "b"]);
  });
});
