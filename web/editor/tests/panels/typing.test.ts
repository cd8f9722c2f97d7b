import { describe, expect, it } from "vitest";
import { byLetters } from "../../src/panels/ui/typing";

const LABELS = ["Open", "Rename", "Duplicate", "Revisions", "Delete"];

describe("byLetters", () => {
  it("goes through those that begin alike", () => {
    const find = byLetters(() => 0);
    expect(find("r", LABELS, 0)).toBe(1);
    expect(find("r", LABELS, 1)).toBe(3);
    expect(find("r", LABELS, 3)).toBe(1);
  });

  it("takes several letters as one word, until there is a pause", () => {
    let now = 0;
    const find = byLetters(() => now);
    expect(find("d", LABELS, 0)).toBe(2);
    now = 100;
    expect(find("e", LABELS, 2)).toBe(4);
    now = 2000;
    expect(find("o", LABELS, 4)).toBe(0);
  });

  it("leaves other keys alone", () => {
    const find = byLetters(() => 0);
    expect(find("Enter", LABELS, 0)).toBeUndefined();
    expect(find(" ", LABELS, 0)).toBeUndefined();
    expect(find("x", LABELS, 0)).toBeUndefined();
  });
});
