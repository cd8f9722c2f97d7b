import { describe, expect, it } from "vitest";
import { readWorkflow } from "../../src/document/canonical";
import { Catalogue, type InputSpec, type NodeSpec } from "../../src/document/catalogue";
import { orderNames } from "../../src/document/commands";
import { begin, perform, undo } from "../../src/document/history";
import { labelOf, parameterIn, setting } from "../../src/panels/form/parameter";
import { parametersInOrder, swapped } from "../../src/panels/parameters";

function input(name: string): InputSpec {
  const schema = { type: "integer" };
  return { name, kind: "int", schema, required: false, default: 0, nullable: false, help: "" };
}

const SPEC: NodeSpec = {
  id: "weft:latent.empty",
  version: 1,
  title: "Empty",
  help: "",
  inputs: [input("width"), input("height")],
  outputs: [],
  extra: null,
  eager: null,
  distribution: "weft",
};
const CATALOGUE = new Catalogue([SPEC], []);
const WORKFLOW = readWorkflow(`{
  "weft": 1,
  "nodes": {
    "left": {"type": "latent.empty", "version": 1},
    "right": {"type": "latent.empty", "version": 1, "values": {"height": 8}}
  },
  "parameters": {"a": "right.height", "b": "gone.x", "c": "left.height", "d": "left.width",
    "size": ["right.width", "right.height", "left.width"]},
  "view": {"nodes": {"left": [0, 0], "right": [400, 0]}}
}`);

describe("the order of parameters", () => {
  it("is that of their nodes from left to right, then of the inputs", () => {
    expect(parametersInOrder(WORKFLOW, CATALOGUE)).toEqual(["d", "c", "size", "a", "b"]);
  });

  it("is the person's where there is one", () => {
    const { present } = perform(begin(WORKFLOW), orderNames(null, "parameters", ["b", "a"]));
    expect(parametersInOrder(present, CATALOGUE)).toEqual(["b", "a", "d", "c", "size"]);
  });

  it("changes by swapping neighbours", () => {
    expect(swapped(["a", "b", "c"], 1, 0)).toEqual(["b", "a", "c"]);
    expect(swapped(["a"], 0, -1)).toEqual(["a"]);
  });
});

describe("a parameter", () => {
  it("shows the first input that it sets", () => {
    const found = parameterIn(WORKFLOW, "size", CATALOGUE);
    expect(found?.first).toEqual({ node: "right", socket: "width" });
    expect(found?.targets).toHaveLength(3);
    expect(parameterIn(WORKFLOW, "b", CATALOGUE)).toBeNull();
  });

  it("sets all of them as one step, while it is typed too", () => {
    const targets = parameterIn(WORKFLOW, "size", CATALOGUE)?.targets ?? [];
    let history = begin(WORKFLOW);
    for (const value of [1, 12])
      for (const one of setting(targets, value)) history = perform(history, one);
    expect(history.present.nodes.right?.values).toEqual({ width: 12, height: 12 });
    expect(history.present.nodes.left?.values).toEqual({ width: 12 });
    expect(history.past).toHaveLength(1);
    expect(undo(history).present.nodes).toEqual(WORKFLOW.nodes);
    for (const one of setting(targets, undefined)) history = perform(history, one);
    expect(history.present.nodes.right?.values).toEqual({});
  });

  it("has a name that people read", () => {
    expect(labelOf("guidance_scale")).toBe("Guidance scale");
  });
});
