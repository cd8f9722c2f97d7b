import { describe, expect, it } from "vitest";
import { matchOf } from "../../src/document/fuzzy";
import { searchNodes } from "../../src/document/search";
import { CATALOGUE, workflow } from "./nodes";

const types = (query: string, options = {}) =>
  searchNodes(CATALOGUE, query, options).map((one) => one.type);

describe("searchNodes", () => {
  it("finds by title, by type, by parts of words and by first letters", () => {
    expect(types("decode")[0]).toBe("latent.decode");
    expect(types("load che")[0]).toBe("model.load_checkpoint");
    expect(types("lc")[0]).toBe("model.load_checkpoint");
    expect(types("glow")).toEqual(["acme:image.glow"]);
    expect(
      types("latent")
        .slice(0, 4)
        .every((one) => one.startsWith("latent.")),
    ).toBe(true);
    expect(types("zzz")).toEqual([]);
  });

  it("finds by what the help says, after all that are called so", () => {
    expect(types("its VAE from")).toEqual(["model.load_checkpoint"]);
  });

  it("gives all to an empty query, the most used first", () => {
    const all = searchNodes(CATALOGUE, "", { usage: { "image.save": 3, "text.encode": 9 } });
    expect(all).toHaveLength(CATALOGUE.nodes.size);
    expect(all.slice(0, 2).map((one) => one.type)).toEqual(["text.encode", "image.save"]);
    expect(types("", { limit: 2 })).toHaveLength(2);
  });

  it("puts what is used before what matches alike", () => {
    const place = (list: readonly string[]) => list.indexOf("model.load_checkpoint");
    expect(place(types("loa"))).toBeGreaterThan(0);
    expect(place(types("loa", { usage: { "model.load_checkpoint": 3 } }))).toBe(0);
    // What was typed in full is meant.
    expect(types("load", { usage: { "model.load_checkpoint": 40 } })[0]).toBe("image.load");
  });

  it("says where a node comes from and what matched", () => {
    const [hit] = searchNodes(CATALOGUE, "glow");
    expect(hit).toMatchObject({ plugin: "acme-nodes", group: "acme", title: "Glow" });
    expect(hit?.titleRanges).toEqual([[0, 4]]);
    expect(hit?.typeRanges).toEqual([[11, 15]]);
  });

  it("offers only what fits the end of a link, its own kind first", () => {
    const takers = types("", { filterKind: "image", side: "out" });
    expect(takers).toContain("image.save");
    expect(takers).toContain("flow.reroute");
    expect(takers).not.toContain("latent.decode");
    expect(takers.indexOf("image.save")).toBeLessThan(takers.indexOf("flow.reroute"));
    const givers = types("", { filterKind: "latent", side: "in" });
    expect(givers).toContain("latent.encode");
    expect(givers).not.toContain("image.load");
  });

  it("offers the subgraphs of the workflow", () => {
    const w = workflow({
      subgraphs: {
        upscale: { nodes: { r: { type: "image.resize" } }, inputs: { image: "r.image" } },
      },
    });
    expect(types("upsc", { workflow: w })).toEqual(["subgraph:upscale"]);
    expect(types("upsc", { workflow: w, filterKind: "image", side: "out" })).toHaveLength(1);
    expect(types("upsc", { workflow: w, filterKind: "latent", side: "out" })).toEqual([]);
  });
});

describe("matchOf", () => {
  it.each([
    ["dec", "Decode", [[0, 3]]],
    [
      "noise add",
      "Add noise",
      [
        [0, 3],
        [4, 9],
      ],
    ],
    [
      "an",
      "Add noise",
      [
        [0, 1],
        [4, 5],
      ],
    ],
    ["ode", "Decode", [[3, 6]]],
  ])("%s in %s", (query, name, ranges) => {
    expect(matchOf(query, name)?.ranges).toEqual(ranges);
  });

  it("does not match letters that are scattered", () => {
    expect(matchOf("aoi", "Model loading")).toBeNull();
    expect(matchOf("edoced", "Decode")).toBeNull();
  });
});
