import { describe, expect, it } from "vitest";
import { problemsOf } from "../../src/document/validate";
import { CATALOGUE, TEXT_TO_IMAGE, workflow } from "./nodes";

const found = (data: object) =>
  Object.fromEntries(problemsOf(workflow(data), CATALOGUE).map((one) => [one.path, one]));

describe("problemsOf", () => {
  it("finds nothing wrong with what is right, and is kept", () => {
    const w = workflow(TEXT_TO_IMAGE);
    expect(problemsOf(w, CATALOGUE)).toEqual([]);
    expect(problemsOf(w, CATALOGUE)).toBe(problemsOf(w, CATALOGUE));
  });

  it("says what is wrong, where, and what was probably meant", () => {
    const all = found({
      nodes: {
        a: { type: "image.lod", values: { path: "x" } },
        b: { type: "image.save", links: { image: "c.image" }, values: { prefx: "x" } },
        d: { type: "latent.sample", version: 3 },
        e: { type: "latent.empty", values: { width: 2000, model: 1 } },
      },
      parameters: { p: "e.widht" },
    });
    expect(all["nodes.a.type"]).toMatchObject({
      code: "unknownType",
      node: "a",
      scope: null,
      params: { type: "image.lod" },
      suggestion: "image.load",
    });
    expect(all["nodes.b.image"]).toMatchObject({ code: "noSuchNode", params: { source: "c" } });
    expect(all["nodes.b.prefx"]).toMatchObject({ code: "noSuchInput", suggestion: "prefix" });
    expect(all["nodes.d.version"]).toMatchObject({
      code: "newerVersion",
      params: { expected: 2, got: "3" },
    });
    expect(all["nodes.e.width"]).toMatchObject({
      code: "wrongValue",
      input: "width",
      params: { got: "2000" },
    });
    expect(all["nodes.e.model"]).toMatchObject({ code: "takesNoValue", params: { kind: "model" } });
    expect(all["parameters.p"]).toMatchObject({ code: "parameterInput", suggestion: "width" });
  });

  it("offers the line that brings what is missing, and no other command", () => {
    const all = found({
      nodes: { a: { type: "gone:thing" } },
      requires: {
        "gone-nodes": ">=1.2",
        "x'; rm -rf ~ #": ">=1",
        weft: ">=0.1",
        "acme-nodes": ">2",
        Acme__Nodes: ">=1",
      },
    });
    expect(all["requires.Acme__Nodes"]).toBeUndefined();
    expect(all["nodes.a.type"]?.install).toBe("pip install 'gone-nodes>=1.2'");
    expect(all["requires.gone-nodes"]?.install).toBe("pip install 'gone-nodes>=1.2'");
    expect(all["requires.x'; rm -rf ~ #"]).toMatchObject({ code: "notInstalled" });
    expect(all["requires.x'; rm -rf ~ #"]?.install).toBeUndefined();
    expect(all["requires.acme-nodes"]).toMatchObject({
      code: "otherVersion",
      params: { got: "1.4" },
    });
    expect(all["requires.weft"]).toBeUndefined();
  });

  it("shows a circle and where it goes", () => {
    const all = found({
      nodes: {
        b: { type: "image.resize", links: { image: "a.image" } },
        a: { type: "image.resize", links: { image: "b.image" } },
      },
    });
    expect(all["nodes.a"]).toMatchObject({ code: "cycle", params: { chain: "a → b → a" } });
  });

  it("says once what is wrong inside a subgraph that is used twice", () => {
    const data = {
      nodes: { one: { type: "subgraph:s" }, two: { type: "subgraph:s" } },
      subgraphs: { s: { nodes: { a: { type: "image.save", links: { image: "ghost.image" } } } } },
    };
    const all = problemsOf(workflow(data), CATALOGUE);
    expect(all).toHaveLength(1);
    expect(all[0]).toMatchObject({
      scope: "s",
      node: "a",
      input: "image",
      params: { source: "ghost" },
    });
  });

  it("checks the body of a loop with what is handed to it", () => {
    const all = found({
      nodes: {
        list: { type: "list.make" },
        loop: {
          type: "flow.for_each",
          values: { body: "s", width: "wide" },
          links: { items: "list.value" },
        },
      },
      subgraphs: {
        s: {
          nodes: { r: { type: "image.resize" } },
          inputs: { item: "r.image", width: "r.width" },
          outputs: { output: "r.image" },
        },
      },
    });
    expect(all["nodes.loop.width"]).toMatchObject({
      code: "wrongValue",
      node: "loop",
      scope: null,
    });
  });

  it("knows nothing of the inputs of a node that an older version wrote", () => {
    expect(
      found({ nodes: { a: { type: "latent.sample", version: 1, values: { old: 1 } } } }),
    ).toEqual({});
  });

  it("stops at what no editor could expand", () => {
    const subgraphs: Record<string, object> = {
      s0: { nodes: { a: { type: "image.load", values: { path: "" } } } },
    };
    for (let n = 1; n < 25; n++)
      subgraphs[`s${n}`] = {
        nodes: { a: { type: `subgraph:s${n - 1}` }, b: { type: `subgraph:s${n - 1}` } },
      };
    const all = problemsOf(
      workflow({ nodes: { a: { type: "subgraph:s24" } }, subgraphs }),
      CATALOGUE,
    );
    expect(all.map((one) => one.code)).toEqual(["tooManyNodes"]);
  });

  it("stops at subgraphs that contain each other in every order", () => {
    const names = Array.from({ length: 12 }, (_, n) => `s${n}`);
    const uses = (own: string) =>
      Object.fromEntries(names.filter((n) => n !== own).map((n) => [n, { type: `subgraph:${n}` }]));
    const subgraphs = Object.fromEntries(names.map((own) => [own, { nodes: uses(own) }]));
    const w = workflow({ nodes: uses(""), subgraphs });
    expect(problemsOf(w, CATALOGUE).map((one) => one.code)).toEqual(["tooManyNodes"]);
  });
});
