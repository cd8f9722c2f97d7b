import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Float, type Json, parseJson, sameJson } from "../../src/document/json";
import { indented } from "../../src/widgets/indented";
import { linesText, numbersText, readLines, readNumbers } from "../../src/widgets/lists";

describe("lists as text", () => {
  it("reads numbers apart by anything", () => {
    expect(readNumbers("1, 2;3\n4", "list[int]")).toEqual([1, 2, 3, 4]);
    expect(readNumbers("", "list[int]")).toEqual([]);
    expect(readNumbers("1, x", "list[int]")).toBeNull();
    expect(readNumbers("1.5", "list[int]")).toBeNull();
    expect(readNumbers("4", "list[float]")).toEqual([new Float(4)]);
  });

  it("reads numbers back as they were", () => {
    const item = fc.oneof(
      fc
        .double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 })
        .map((n) => (n === 0 ? 0.5 : n)),
      fc.integer().map((n) => new Float(n === 0 ? 1 : n)),
    );
    fc.assert(
      fc.property(fc.array(item), (list) => {
        const values = list.map((one) =>
          typeof one === "number" && Number.isInteger(one) ? new Float(one) : one,
        ) as Json[];
        const again = readNumbers(numbersText(values, "list[float]"), "list[float]");
        expect(sameJson(again ?? undefined, values)).toBe(true);
      }),
    );
  });

  it("reads texts back as they were, whatever they hold", () => {
    const text = fc.oneof(
      fc.string(),
      fc.constantFrom("", '""', '"', "a\nb", "12", "-1.5e3", "\r", '"x"'),
    );
    fc.assert(
      fc.property(fc.array(text), (list) => {
        expect(readLines(linesText(list, "list[str]"), "list[str]")).toEqual(list);
      }),
    );
  });

  it("keeps texts and numbers apart where both may stand", () => {
    const kind = "list[str|int|float]";
    const list: Json[] = ["12", 12, new Float(12), "a", "1.5", 1.5, ""];
    expect(linesText(list, kind)).toBe('"12"\n12\n12.0\na\n"1.5"\n1.5\n""');
    expect(sameJson(readLines(linesText(list, kind), kind), list)).toBe(true);
  });

  it("takes a line break at the end for typing, not for a text", () => {
    expect(readLines("a\n", "list[str]")).toEqual(["a"]);
    expect(readLines("a\n\n", "list[str]")).toEqual(["a", ""]);
  });
});

describe("indented", () => {
  it("is the same value", () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const json = parseJson(JSON.stringify(value));
        expect(sameJson(parseJson(indented(json)), json)).toBe(true);
      }),
    );
  });

  it("keeps short things in one line", () => {
    expect(indented([1, 2, 3])).toBe("[1,2,3]");
    expect(indented({ first: "a".repeat(40), second: "b".repeat(40) }).split("\n")).toHaveLength(4);
  });
});
