import { describe, expect, it } from "vitest";
import { asName, freeName, nameTrouble } from "../../src/panels/names";

describe("nameTrouble", () => {
  it.each([
    ["Portrait, large (2)", null],
    ["ä", null],
    ["x".repeat(120), null],
    ["", "empty"],
    ["x".repeat(121), "long"],
    ["a/b", "characters"],
    ["a\u0000b", "characters"],
    [".hidden", "edges"],
    ["name ", "edges"],
    ["name.", "edges"],
  ])("%j: %s", (name, trouble) => {
    expect(nameTrouble(name)).toBe(trouble);
  });
});

describe("asName", () => {
  it.each(["a/b: c?", " .x. ", "🙂".repeat(200), "\u0001", "fine"])("%j becomes a name", (text) => {
    const name = asName(text);
    if (name !== "") expect(nameTrouble(name)).toBeNull();
  });
});

describe("freeName", () => {
  it("counts on", () => {
    expect(freeName("A", ["B"])).toBe("A");
    expect(freeName("A", ["A"])).toBe("A 2");
    expect(freeName("A 2", ["A", "A 2", "A 3"])).toBe("A 4");
  });
});
