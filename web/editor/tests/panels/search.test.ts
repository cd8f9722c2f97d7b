import { describe, expect, it } from "vitest";
import { Catalogue, type InputSpec, type NodeSpec } from "../../src/document/catalogue";
import { EMPTY } from "../../src/document/workflow";
import { entriesFor, keyOf, pieces, type Wish } from "../../src/panels/search/entries";
import { firstLine, paragraphs } from "../../src/panels/search/help";
import { boxAt } from "../../src/panels/search/placing";

function input(name: string, kind: string): InputSpec {
  return { name, kind, schema: {}, required: true, default: null, nullable: false, help: "" };
}

function spec(id: string, title: string, inputs: readonly InputSpec[], output?: string): NodeSpec {
  return {
    id,
    version: 1,
    title,
    help: "",
    inputs,
    outputs: output ? [{ name: output, kind: output }] : [],
    extra: null,
    eager: null,
    distribution: "weft",
  };
}

const CATALOGUE = new Catalogue(
  [
    spec("weft:image.save", "Save image", [input("image", "image")]),
    spec("weft:latent.decode", "Decode", [input("latent", "latent")], "image"),
    spec("weft:sampling.noise", "Noise", [], "noise"),
  ],
  [],
);
const WISH: Wish = {
  catalogue: CATALOGUE,
  workflow: EMPTY,
  usage: {},
  extras: [
    ["note", "Note"],
    ["group", "Group"],
  ],
};

describe("what the search offers", () => {
  const keys = (query: string, wish: Partial<Wish> = {}) =>
    entriesFor(query, { ...WISH, ...wish }).map(keyOf);

  it("offers notes and groups after the nodes, and first where just they are typed", () => {
    expect(keys("").slice(-2)).toEqual(["note", "group"]);
    expect(keys("no")).toEqual(["sampling.noise", "note"]);
    expect(keys("NOTE ")[0]).toBe("note");
  });

  it("offers for a dropped link only what takes it", () => {
    const from = { node: "a", socket: "image" };
    expect(keys("", { link: { from, side: "out", kind: "image" } })).toEqual(["image.save"]);
    expect(keys("", { link: { from, side: "in", kind: "image" } })).toEqual(["latent.decode"]);
  });

  it("puts what was used more often first", () => {
    expect(keys("", { usage: { "sampling.noise": 5 } })[0]).toBe("sampling.noise");
  });
});

describe("the pieces of a match", () => {
  it("are the whole text, in order", () => {
    const cut = pieces("Save image", [
      [0, 2],
      [5, 8],
    ]);
    expect(cut.map((one) => one.text).join("")).toBe("Save image");
    expect(cut.filter((one) => one.matched).map((one) => one.text)).toEqual(["Sa", "ima"]);
    expect(pieces("", [])).toEqual([]);
  });
});

describe("help", () => {
  const help =
    "Resize pictures.\n\nBicubic, with\nantialiasing.\n\nimage: the pictures.\nwidth: 0 is any.";

  it("has a first line, and paragraphs without the lines about inputs", () => {
    expect(firstLine(help)).toBe("Resize pictures.");
    expect(paragraphs(help, ["image", "width"])).toEqual([
      "Resize pictures.",
      "Bicubic, with antialiasing.",
    ]);
    expect(paragraphs("", [])).toEqual([]);
  });
});

describe("the place of the search", () => {
  const view = { width: 1280, height: 720 };

  it("is at the pointer, and never out of the window", () => {
    expect(boxAt({ x: 100, y: 100 }, view)).toMatchObject({ x: 100, y: 100 });
    for (const pointer of [
      { x: 1270, y: 710 },
      { x: -5, y: -5 },
      { x: 640, y: 719 },
    ]) {
      const { x, y, width, height } = boxAt(pointer, view);
      expect(x).toBeGreaterThanOrEqual(8);
      expect(y).toBeGreaterThanOrEqual(8);
      expect(x + width).toBeLessThanOrEqual(view.width - 8);
      expect(y + height).toBeLessThanOrEqual(view.height - 8);
    }
  });

  it("fits a window that is smaller than the box", () => {
    expect(boxAt({ x: 50, y: 50 }, { width: 300, height: 200 })).toEqual({
      x: 8,
      y: 8,
      width: 284,
      height: 184,
    });
  });
});
