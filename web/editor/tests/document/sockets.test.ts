import { describe, expect, it } from "vitest";
import { inputOf, isSatisfied, socketsOf } from "../../src/document/sockets";
import { CATALOGUE, TEXT_TO_IMAGE, workflow } from "./nodes";

const start = workflow(TEXT_TO_IMAGE);

describe("socketsOf", () => {
  it("resolves type variables through chains of nodes, forwards and across subgraphs", () => {
    const w = workflow({
      nodes: {
        load: { type: "image.load" },
        r1: { type: "flow.reroute", links: { value: "load.image" } },
        r2: { type: "flow.reroute", links: { value: "r1.value" } },
        list: { type: "list.make", links: { item1: "r2.value", item2: "load.image" } },
        pick: { type: "list.item", links: { items: "list.value" } },
        use: { type: "subgraph:s", links: { x: "load.mask" } },
        loop: { type: "flow.reroute", links: { value: "loop.value" } },
      },
      subgraphs: {
        s: {
          nodes: { r: { type: "flow.reroute" } },
          inputs: { x: "r.value" },
          outputs: { y: "r.value" },
        },
      },
    });
    const output = (id: string) => socketsOf(w, null, id, CATALOGUE).outputs[0]?.kind;
    expect(["r2", "list", "pick", "use", "loop"].map(output)).toEqual([
      "image",
      "list[image]",
      "image",
      "mask",
      "any",
    ]);
    expect(socketsOf(w, "s", "r", CATALOGUE).outputs[0]?.kind).toBe("any");
  });

  it("resolves chains longer than a stack is deep", () => {
    const nodes: Record<string, object> = { n0: { type: "image.load" } };
    for (let n = 1; n < 20_000; n++)
      nodes[`n${n}`] = {
        type: "flow.reroute",
        links: { value: `n${n - 1}.${n === 1 ? "image" : "value"}` },
      };
    const w = workflow({ nodes });
    expect(socketsOf(w, null, "n19999", CATALOGUE).outputs[0]?.kind).toBe("image");
  });

  it("offers the next extra input, named like the last", () => {
    const names = (links: object) => {
      const w = workflow({ nodes: { a: { type: "list.make", links } } });
      return socketsOf(w, null, "a", CATALOGUE).inputs.map((one) => [one.name, one.free === true]);
    };
    expect(names({})).toEqual([["item1", true]]);
    expect(names({ item10: "x.y", item2: "x.y" })).toEqual([
      ["item2", false],
      ["item10", false],
      ["item11", true],
    ]);
    expect(names({ picture: "x.y" })).toEqual([
      ["picture", false],
      ["item1", true],
    ]);
    expect(names({ pic3: "x.y" }).at(-1)).toEqual(["pic4", true]);
  });

  it("offers a loop the inputs of its body", () => {
    const w = workflow({
      nodes: { loop: { type: "flow.for_each", values: { body: "s" }, links: { scale: "x.y" } } },
      subgraphs: {
        s: {
          nodes: { r: { type: "image.resize" } },
          inputs: { item: "r.image", scale: "r.width", height: "r.height" },
        },
      },
    });
    const { inputs } = socketsOf(w, null, "loop", CATALOGUE);
    expect(inputs.map((one) => one.name)).toEqual(["items", "body", "scale", "height"]);
  });

  it("names everything that the file says of an unknown type", () => {
    const w = workflow({
      nodes: {
        gone: {
          type: "acme:gone.away",
          title: "Mine",
          values: { size: 3 },
          links: { image: "x.y" },
        },
        save: { type: "image.save", links: { image: "gone.picture" } },
      },
      parameters: { strength: "gone.strength" },
    });
    const sockets = socketsOf(w, null, "gone", CATALOGUE);
    expect([sockets.known, sockets.title]).toEqual([false, "Mine"]);
    expect(sockets.inputs.map((one) => one.name)).toEqual(["size", "image", "strength"]);
    expect(sockets.outputs.map((one) => one.name)).toEqual(["picture"]);
  });

  it("shows names that the type does not have, so that they can be removed", () => {
    const w = workflow({
      nodes: {
        a: { type: "image.load", values: { path: "x", typo: 1 } },
        b: { type: "image.save", links: { image: "a.pictur" } },
      },
    });
    const { inputs, outputs } = socketsOf(w, null, "a", CATALOGUE);
    expect(inputs.filter((one) => one.stray).map((one) => one.name)).toEqual(["typo"]);
    expect(outputs.filter((one) => one.stray).map((one) => one.name)).toEqual(["pictur"]);
  });

  it("gives the same object while nothing changed", () => {
    const again = workflow(TEXT_TO_IMAGE);
    const moved = { ...start, view: again.view };
    expect(socketsOf(moved, null, "sample", CATALOGUE)).toBe(
      socketsOf(start, null, "sample", CATALOGUE),
    );
  });

  it("knows what is needed", () => {
    const w = workflow({ nodes: { a: { type: "image.save" } } });
    const image = inputOf(socketsOf(w, null, "a", CATALOGUE), "image");
    const prefix = inputOf(socketsOf(w, null, "a", CATALOGUE), "prefix");
    if (!image || !prefix) throw new Error("no sockets");
    expect(isSatisfied(w, null, "a", image)).toBe(false);
    expect(isSatisfied(w, null, "a", prefix)).toBe(true);
  });
});
