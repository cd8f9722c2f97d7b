import { describe, expect, it } from "vitest";
import { accepts, colourClass, itemKind, resolve, shapeOf } from "../../src/document/kinds";
import {
  canConnect,
  canInsertOnLink,
  compatibleInputs,
  compatibleOutputs,
  firstFreeInput,
  firstFreeOutput,
} from "../../src/document/links";
import type { Workflow } from "../../src/document/workflow";
import { CATALOGUE, TEXT_TO_IMAGE, workflow } from "./nodes";

const start = workflow(TEXT_TO_IMAGE);
const end = (text: string) => {
  const [node = "", socket = ""] = text.split(".");
  return { node, socket };
};
const connect = (w: Workflow, from: string, to: string) =>
  canConnect(w, null, CATALOGUE, end(from), end(to));
const shown = (ends: readonly { node: string; socket: string }[]) =>
  ends.map((one) => `${one.node}.${one.socket}`);

describe("kinds", () => {
  it("flow where the engine lets them", () => {
    expect(accepts("float", "int")).toBe(true);
    expect(accepts("int", "float")).toBe(false);
    expect(accepts("list[image]|image", "list[image]")).toBe(true);
    const bindings = new Map<string, string>();
    expect(accepts("list[$T]", "list[int]", bindings)).toBe(true);
    expect(resolve("$T", bindings)).toBe("int");
    expect(itemKind("list[int]|list[image]")).toBeNull();
  });

  it("have a colour and a shape each", () => {
    expect(["image", "list[image]", "int|float", "$T", "any", "subgraph"].map(colourClass)).toEqual(
      ["image", "image", "number", "any", "any", "any"],
    );
    expect(colourClass("sigmas")).toMatch(/^ring-[0-7]$/);
    expect(colourClass("list[sigmas]")).toBe(colourClass("sigmas"));
    expect(["image", "list[$T]", "int|float", "list[image]|image", "$T"].map(shapeOf)).toEqual([
      "circle",
      "square",
      "circle",
      "diamond",
      "diamond",
    ]);
  });

  it("of plugins spread over the ring", () => {
    const names = Array.from({ length: 200 }, (_, n) => `acme:kind${n}`);
    expect(new Set(names.map(colourClass)).size).toBe(8);
  });
});

describe("canConnect", () => {
  it("says why not, and which node would help", () => {
    expect(connect(start, "checkpoint.model", "sample.model")).toEqual({ ok: true });
    expect(connect(start, "sample.latent", "save.image")).toEqual({
      ok: false,
      reason: { code: "kind", expected: "image", got: "latent" },
      bridges: [{ type: "latent.decode", input: "latent", output: "image" }],
    });
    expect(connect(start, "sample.latent", "sample.latent")).toMatchObject({
      reason: { code: "self" },
    });
    expect(connect(start, "sample.latent", "sample.nothing")).toMatchObject({
      reason: { code: "self" },
    });
    expect(connect(start, "sample.image", "decode.latent")).toMatchObject({
      reason: { code: "missing" },
    });
    const back = workflow({
      nodes: {
        a: { type: "image.resize" },
        b: { type: "image.resize", links: { image: "a.image" } },
      },
    });
    expect(connect(back, "b.image", "a.image")).toMatchObject({ reason: { code: "cycle" } });
    // No bridge is offered where it would close a circle.
    expect(connect(start, "decode.image", "sample.latent")).toEqual({
      ok: false,
      reason: { code: "cycle" },
      bridges: [],
    });
  });

  it("looks at what else the type variable of a node is", () => {
    const w = workflow({
      nodes: {
        load: { type: "image.load" },
        list: { type: "list.make", links: { item1: "load.image" } },
        reroute: { type: "flow.reroute" },
        save: { type: "image.save", links: { image: "reroute.value" } },
        number: { type: "primitive.int" },
      },
    });
    expect(connect(w, "load.image", "list.item2").ok).toBe(true);
    expect(connect(w, "load.mask", "list.item2")).toMatchObject({
      reason: { code: "kind", expected: "image", got: "mask" },
    });
    // What the reroute feeds would no longer fit.
    expect(connect(w, "number.value", "reroute.value")).toMatchObject({
      reason: { code: "kind", expected: "image", got: "int" },
    });
    expect(connect(w, "load.image", "reroute.value").ok).toBe(true);
  });

  it("asks all that an input of a subgraph leads to", () => {
    const w = workflow({
      nodes: {
        use: { type: "subgraph:s" },
        int: { type: "primitive.int" },
        float: { type: "primitive.float" },
      },
      subgraphs: {
        s: {
          nodes: { a: { type: "primitive.float" }, b: { type: "primitive.int" } },
          inputs: { number: ["a.value", "b.value"] },
        },
      },
    });
    expect(connect(w, "int.value", "use.number").ok).toBe(true);
    expect(connect(w, "float.value", "use.number")).toMatchObject({
      reason: { expected: "int", got: "float" },
    });
  });
});

describe("what fits", () => {
  it("is listed nearest first, never in a circle", () => {
    expect(shown(compatibleInputs(start, null, CATALOGUE, end("empty.latent")))).toEqual([
      "sample.latent",
      "decode.latent",
    ]);
    expect(shown(compatibleOutputs(start, null, CATALOGUE, end("sample.latent")))).toEqual([
      "empty.latent",
    ]);
    expect(shown(compatibleInputs(start, null, CATALOGUE, end("decode.image")))).toEqual([
      "save.image",
    ]);
  });

  it("on one node is its first free input, the needed ones first", () => {
    const w = workflow({
      nodes: {
        ...TEXT_TO_IMAGE.nodes,
        other: { type: "text.encode" },
        bare: { type: "latent.sample", version: 2 },
      },
    });
    const first = (from: string, node: string) =>
      firstFreeInput(w, null, CATALOGUE, end(from), node);
    expect(first("other.conditioning", "sample")).toBe("negative");
    expect(first("other.conditioning", "bare")).toBe("positive");
    expect(first("checkpoint.model", "sample")).toBeNull();
    expect(first("save.image", "sample")).toBeNull();
    expect(firstFreeOutput(w, null, CATALOGUE, end("bare.model"), "checkpoint")).toBe("model");
    expect(firstFreeOutput(w, null, CATALOGUE, end("bare.model"), "save")).toBeNull();
  });

  it("tells whether a node could stand in a link", () => {
    const w = workflow({
      nodes: {
        ...TEXT_TO_IMAGE.nodes,
        resize: { type: "image.resize" },
        more: { type: "text.encode" },
      },
    });
    const inserts = (node: string) => canInsertOnLink(w, null, CATALOGUE, node, end("save.image"));
    expect(["resize", "more", "decode", "save", "checkpoint"].map(inserts)).toEqual([
      true,
      false,
      false,
      false,
      false,
    ]);
  });
});
