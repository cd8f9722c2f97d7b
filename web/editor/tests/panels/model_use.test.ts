import { describe, expect, it } from "vitest";
import {
  Catalogue,
  type InputSpec,
  type NodeSpec,
  type Schema,
} from "../../src/document/catalogue";
import { loaderOf, placesFor } from "../../src/panels/model_use";

function input(name: string, schema: Schema): InputSpec {
  return { name, kind: "str", schema, required: true, default: null, nullable: false, help: "" };
}

function spec(id: string, inputs: readonly InputSpec[]): NodeSpec {
  const rest = { version: 1, title: id, help: "", outputs: [], extra: null, eager: null };
  return { id, inputs, distribution: "weft", ...rest };
}

const FILE = input("file", { type: "string", "x-folder": "checkpoints" });
const OPTIONAL = input("vae", { anyOf: [{ type: "null" }, { "x-folder": "vae" }] });
const ALL = new Catalogue(
  [
    spec("weft:model.merge", [input("scale", { type: "number" }), FILE]),
    spec("weft:model.load_checkpoint", [FILE, OPTIONAL]),
  ],
  [],
);
const GRAPH = {
  nodes: { checkpoint: { type: "model.load_checkpoint", version: 1, values: {}, links: {} } },
  view: {},
};

describe("the node for a model file", () => {
  it("is the one that asks for it first", () => {
    expect(loaderOf(ALL, "checkpoints")?.id).toBe("weft:model.load_checkpoint");
    expect(loaderOf(ALL, "vae")?.id).toBe("weft:model.load_checkpoint");
    expect(loaderOf(ALL, "loras")).toBeUndefined();
  });

  it("is a chosen one where it takes such files", () => {
    expect(placesFor(ALL, GRAPH, ["checkpoint"], "vae")).toEqual({
      set: [{ node: "checkpoint", input: "vae" }],
      add: null,
    });
  });

  it("is a new one where none is chosen, or none at all", () => {
    const add = { type: "model.load_checkpoint", input: "file" };
    expect(placesFor(ALL, GRAPH, [], "checkpoints")).toEqual({ set: [], add });
    expect(placesFor(ALL, GRAPH, ["gone"], "loras")).toEqual({ set: [], add: null });
  });
});
