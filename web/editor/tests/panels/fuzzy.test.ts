import { describe, expect, it } from "vitest";
import { fuzzy, ranked } from "../../src/panels/fuzzy";

const found = (query: string, list: readonly string[]) =>
  ranked(query, list, (one) => one).map(({ one }) => one);

describe("fuzzy", () => {
  it("finds letters in order, and nothing else", () => {
    expect(fuzzy("wkfl", "Workflows").score).toBeGreaterThan(0);
    expect(fuzzy("lfkw", "Workflows").score).toBe(0);
  });

  it("prefers a whole word to its beginning elsewhere, and that to scattered letters", () => {
    expect(found("out", ["Lay out", "Output", "On unit test"])).toEqual([
      "Output",
      "Lay out",
      "On unit test",
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
