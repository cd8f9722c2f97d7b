import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  DocumentError,
  Float,
  floatText,
  type Json,
  numberFor,
  numberOf,
  parseJson,
  recordOf,
  sameJson,
  writeJson,
} from "../../src/document/json";
import { json, LONG } from "./arbitraries";

function problemOf(text: string) {
  try {
    parseJson(text);
  } catch (error) {
    if (error instanceof DocumentError) return error.problems[0];
    throw error;
  }
  return undefined;
}

describe("parseJson", () => {
  it("tells whole floats from integers, and keeps every digit of large ones", () => {
    const text = "[4,4.0,1e3,18446744073709551615,-0.0,0.1,1E-7,-9007199254740993]";
    const made = parseJson(text) as readonly Json[];
    expect(made[0]).toBe(4);
    expect(made[1]).toEqual(new Float(4));
    expect(made[2]).toEqual(new Float(1000));
    expect(made[3]).toBe(18446744073709551615n);
    expect(writeJson(made)).toBe(
      "[4,4.0,1000.0,18446744073709551615,-0.0,0.1,1e-07,-9007199254740993]",
    );
  });

  it("takes __proto__ and constructor as keys like any other", () => {
    const made = parseJson('{"__proto__": {"a": 1}, "constructor": 2}') as Record<string, Json>;
    expect(Object.keys(made)).toEqual(["__proto__", "constructor"]);
    expect("toString" in made).toBe(false);
    expect(writeJson(made)).toBe('{"__proto__":{"a":1},"constructor":2}');
  });

  it.each([
    ["", "syntax", 1, 1],
    ["[1,]", "syntax", 1, 4],
    ['{"a" 1}', "syntax", 1, 6],
    ["[\n  01]", "syntax", 2, 4],
    ['["a\nb"]', "syntax", 1, 4],
    ['"\\x"', "syntax", 1, 2],
    ['"\\u12g4"', "syntax", 1, 2],
    ["[1] 2", "syntax", 1, 5],
    ["nul", "syntax", 1, 1],
    ["[\n NaN]", "number", 2, 2],
    ["-Infinity", "number", 1, 1],
    ["1e999", "number", 1, 1],
    [`1${"0".repeat(4300)}`, "number", 1, 1],
    ['{"a":1,\n "a":2}', "duplicate", 2, 2],
    [`${"[".repeat(65)}${"]".repeat(65)}`, "deep", 1, 65],
    ['["\\ud800"]', "surrogate", 1, 2],
    ['["\\ud800\\u0041"]', "surrogate", 1, 2],
    ['["\ud800"]', "surrogate", 1, 3],
  ])("refuses %j", (text, code, line, column) => {
    expect(problemOf(text)).toMatchObject({ code, line, column });
  });

  it("takes 64 levels", () => {
    expect(writeJson(parseJson(`${"[".repeat(64)}${"]".repeat(64)}`))).toHaveLength(128);
  });

  it(
    "agrees with JSON.parse on what both can hold",
    () => {
      fc.assert(
        fc.property(fc.jsonValue(), (value) => {
          const text = JSON.stringify(value);
          const made = JSON.parse(writeJson(parseJson(text)), (_, one) => one);
          expect(made).toEqual(JSON.parse(text));
        }),
      );
    },
    LONG,
  );

  it(
    "reads back what writeJson wrote",
    () => {
      fc.assert(
        fc.property(json(), (value) => {
          const text = writeJson(value);
          expect(sameJson(parseJson(text), value)).toBe(true);
          expect(writeJson(parseJson(text))).toBe(text);
        }),
      );
    },
    LONG,
  );
});

describe("floatText", () => {
  it.each([
    [4, "4.0"],
    [0.1, "0.1"],
    [1e-4, "0.0001"],
    [1e-5, "1e-05"],
    [1.5e-7, "1.5e-07"],
    [1e15, "1000000000000000.0"],
    [123456789012345680, "1.2345678901234568e+17"],
    [1e16, "1e+16"],
    [1e22, "1e+22"],
    [-2.5e-300, "-2.5e-300"],
    [-0, "-0.0"],
  ])("writes %d as Python does", (n, text) => {
    expect(floatText(n)).toBe(text);
  });
});

describe("numbers", () => {
  it("come as the kind asks", () => {
    expect(numberFor("float", 4)).toEqual(new Float(4));
    expect(numberFor("list[float]", 4)).toEqual(new Float(4));
    expect(numberFor("float", 0.5)).toBe(0.5);
    expect(numberFor("int", 4)).toBe(4);
    expect(numberFor("int", -0)).toBe(0);
    expect(Object.is(numberFor("int", -0), 0)).toBe(true);
    expect(numberFor("int|float", 4)).toBe(4);
    expect(numberFor("int", 2 ** 60)).toBe(1152921504606846976n);
  });

  it("are plain where one is needed", () => {
    expect([4, new Float(4), 4n, "4", null, undefined].map(numberOf)).toEqual([
      4,
      4,
      4,
      undefined,
      undefined,
      undefined,
    ]);
    expect(new Float(4) as unknown as number | 0).toEqual(new Float(4));
  });
});

describe("sameJson", () => {
  it(
    "is whether two values are written alike",
    () => {
      fc.assert(
        fc.property(json(), json(), (a, b) => {
          expect(sameJson(a, b)).toBe(writeJson(a) === writeJson(b));
        }),
      );
    },
    LONG,
  );

  it("does not mind the order of keys, and minds the form of numbers", () => {
    expect(sameJson({ a: 1, b: 2 }, { b: 2, a: 1 })).toBe(true);
    expect(sameJson(new Float(1), 1)).toBe(false);
    expect(sameJson(new Float(0), new Float(-0))).toBe(false);
    expect(sameJson(recordOf([["__proto__", 1]]), recordOf([["constructor", 1]]))).toBe(false);
  });
});
