import { describe, expect, it } from "vitest";
import { fuzzy, ranked } from "../../src/panels/fuzzy";

const found = (query: string, list: readonly string[]) =>
  ranked(query, list, (one) => one).map(({ one }) => one);

describe("fuzzy", () => {
  it("finds letters in order, and nothing else", () => {
    expect(fuzzy("wkfl", "Workflows").score).toBeGreaterThan(0);
    expect(fuzzy("lfkw", "Workflows").score).toBe(0);
  });

  it("finds no letters that lie about by chance, but the beginnings of words", () => {
    expect(fuzzy("sel", "Saved workflows").score).toBe(0);
    expect(fuzzy("cwv", "Compare with another version").score).toBeGreaterThan(0);
  });

  it("prefers a whole word to its beginning elsewhere, and that to scattered letters", () => {
    expect(found("out", ["Lay out", "Of unit", "Output"])).toEqual([
      "Output",
      "Lay out",
      "Of unit",
    ]);
  });

  it("prefers letters at the start of words", () => {
    expect(found("sa", ["Pause all", "Select all"])).toEqual(["Select all", "Pause all"]);
  });

  it("says which letters matched", () => {
    expect(fuzzy("sall", "Select all").at).toEqual([0, 7, 8, 9]);
    expect(fuzzy("ct a", "Select all").at).toEqual([4, 5, 7]);
  });

  it("overlooks case and accents and keeps the order of equals", () => {
    expect(fuzzy("offnen", "Öffnen").score).toBeGreaterThan(0);
    expect(found("", ["b", "a"])).toEqual(["b", "a"]);
  });

  it("keeps characters in their places", () => {
    expect(fuzzy("x", "🙂 x").at).toEqual([3]);
  });
});
