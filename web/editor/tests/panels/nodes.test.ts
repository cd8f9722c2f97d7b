import { describe, expect, it } from "vitest";
import type { Hit } from "../../src/document/search";
import { flatRows, moved, treeRows } from "../../src/panels/nodes/rows";

function hit(type: string, title: string, plugin = "weft"): Hit {
  const group = type.split(/[.:]/)[0] ?? "";
  return { type, title, group, plugin, help: "", titleRanges: [], typeRanges: [] };
}

const HITS = [
  hit("latent.decode", "Decode"),
  hit("image.save", "Save image"),
  hit("image.load", "Load image"),
  hit("acme.glow", "Glow", "acme-nodes"),
  hit("subgraph:upscale", "upscale", ""),
];

describe("the tree of node types", () => {
  const keys = (closed: readonly string[] = []) =>
    treeRows(HITS, "group", new Set(closed)).map((one) => one.key);

  it("has the workflow's subgraphs first, then groups, each by title", () => {
    expect(keys()).toEqual([
      "group ",
      "subgraph:upscale",
      "group acme",
      "acme.glow",
      "group image",
      "image.load",
      "image.save",
      "group latent",
      "latent.decode",
    ]);
    expect(keys(["image"])).not.toContain("image.load");
  });

  it("can be by plugin", () => {
    const rows = treeRows(HITS, "plugin", new Set());
    const groups = rows.flatMap((one) => ("group" in one ? [[one.group, one.count]] : []));
    expect(groups).toEqual([
      ["", 1],
      ["acme-nodes", 1],
      ["weft", 3],
    ]);
  });

  it("is walked by arrows, which also fold", () => {
    const rows = treeRows(HITS, "group", new Set(["acme"]));
    const at = (key: string) => rows.findIndex((one) => one.key === key);
    expect(moved("ArrowDown", 0, rows)).toEqual({ to: 1 });
    expect(moved("ArrowUp", 0, rows)).toEqual({ to: 0 });
    expect(moved("End", 0, rows)).toEqual({ to: rows.length - 1 });
    expect(moved("ArrowRight", at("group acme"), rows)).toEqual({ fold: "acme", open: true });
    expect(moved("ArrowRight", at("group image"), rows)).toEqual({ to: at("image.load") });
    expect(moved("ArrowLeft", at("image.save"), rows)).toEqual({ to: at("group image") });
    expect(moved("ArrowLeft", at("group image"), rows)).toEqual({ fold: "image", open: false });
    expect(moved("ArrowRight", at("image.save"), rows)).toBeNull();
    expect(moved("ArrowDown", 0, [])).toBeNull();
  });

  it("is flat where it was searched", () => {
    expect(flatRows(HITS).map((one) => one.key)).toEqual(HITS.map((one) => one.type));
  });
});
