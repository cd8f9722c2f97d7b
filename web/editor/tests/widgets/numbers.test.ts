import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Schema } from "../../src/document/catalogue";
import { Float } from "../../src/document/json";
import {
  atFraction,
  bounded,
  fraction,
  jsonOf,
  nudged,
  numOf,
  ruleOf,
  shownNum,
} from "../../src/widgets/numbers";

const STEPS = ruleOf("int", { type: "integer", minimum: 1, maximum: 1000 });
const GUIDANCE = ruleOf("float", { type: "number", minimum: 1, maximum: 30, "x-step": 0.5 });
// As the catalogue's reader gives it: the bound of a seed is no double.
const SEED = ruleOf("int", {
  type: "integer",
  minimum: 0,
  maximum: 18446744073709551615n,
} as unknown as Schema);
const FREE = ruleOf("float", { type: "number" });
const EITHER = ruleOf("int|float", { anyOf: [{ type: "integer" }, { type: "number" }] });

describe("numbers of a field", () => {
  it("knows each kind's steps", () => {
    expect([STEPS.step, GUIDANCE.step, FREE.step]).toEqual([1, 0.5, 0.1]);
    expect(ruleOf("float", { minimum: 0, maximum: 1 }).step).toBe(0.01);
    expect(ruleOf("float", { minimum: new Float(0), maximum: new Float(2) } as never).max).toBe(2);
  });

  it("keeps a number as it is written where any kind fits", () => {
    const loose = ruleOf("any", { type: "integer" });
    expect(loose.step).toBe(1);
    expect(numOf(20, loose)).toBe(20n);
    expect(jsonOf(bounded(11n, loose).value)).toBe(11);
    expect(jsonOf(bounded(2.5, loose).value)).toBe(2.5);
    expect(ruleOf("any", { type: "number" }).step).toBe(0.1);
  });

  it("bounds, and says why", () => {
    expect(bounded(0n, STEPS)).toEqual({ value: 1n, why: "tooSmall" });
    expect(bounded(4096n, STEPS)).toEqual({ value: 1000n, why: "tooLarge" });
    expect(bounded(12.5, STEPS)).toEqual({ value: 13n, why: "notWhole" });
    expect(bounded(20n, GUIDANCE)).toEqual({ value: 20, why: null });
    expect(bounded(2n ** 64n, SEED)).toEqual({ value: 2n ** 64n - 1n, why: "tooLarge" });
    expect(bounded(2n ** 64n - 1n, SEED)).toEqual({ value: 2n ** 64n - 1n, why: null });
  });

  it("writes each number as its kind does", () => {
    expect(jsonOf(20n)).toBe(20);
    expect(jsonOf(2n ** 64n - 1n)).toBe(2n ** 64n - 1n);
    expect(jsonOf(4)).toEqual(new Float(4));
    expect(jsonOf(4.5)).toBe(4.5);
    expect(numOf(4, EITHER)).toBe(4n);
    expect(numOf(new Float(4), EITHER)).toBe(4);
    expect(numOf(4, GUIDANCE)).toBe(4);
    expect(numOf("4", GUIDANCE)).toBeNull();
    expect(numOf(null, GUIDANCE)).toBeNull();
  });

  it("steps without the dust of binary fractions", () => {
    expect(nudged(0.1, 2, FREE)).toBe(0.3);
    expect(nudged(7.5, 1, GUIDANCE)).toBe(8);
    expect(nudged(29.9, 5, GUIDANCE)).toBe(30);
    expect(nudged(999n, 10, STEPS)).toBe(1000n);
    expect(nudged(2n ** 60n, 1, SEED)).toBe(2n ** 60n + 1n);
    expect(nudged(0.005, 1, ruleOf("float", { "x-step": 0.01 }))).toBe(0.015);
  });

  it("goes from place to number and back", () => {
    expect(fraction(15.5, GUIDANCE)).toBeCloseTo(0.5);
    expect(fraction(5, FREE)).toBeNull();
    expect(fraction(null, GUIDANCE)).toBeNull();
    expect(atFraction(0, GUIDANCE)).toBe(1);
    expect(atFraction(1, GUIDANCE)).toBe(30);
    expect(atFraction(0.5, STEPS)).toBe(501n);
    fc.assert(
      fc.property(fc.double({ min: -1, max: 2, noNaN: true }), (part) => {
        const value = Number(atFraction(part, GUIDANCE));
        expect(value).toBeGreaterThanOrEqual(1);
        expect(value).toBeLessThanOrEqual(30);
        expect(value % 0.5).toBe(0);
      }),
    );
  });

  it("shows whole floats as floats", () => {
    expect([4n, 4, 7.5, null, 2n ** 64n - 1n, 1e21].map(shownNum)).toEqual([
      "4",
      "4.0",
      "7.5",
      "",
      "18446744073709551615",
      "1e+21",
    ]);
  });
});
