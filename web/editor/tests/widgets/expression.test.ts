import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluate } from "../../src/widgets/expression";

describe("evaluate", () => {
  it.each([
    ["20", 20n],
    ["512*2", 1024n],
    ["(3 + 1) / 2", 2n],
    ["7/2", 3.5],
    ["2^10", 1024n],
    ["2**3**2", 512n],
    ["-2^2", -4n],
    ["2^-1", 0.5],
    ["10 % 4", 2n],
    ["1.5e3", 1500],
    ["0,5", 0.5],
    [".25", 0.25],
    ["3 × 4 − 2", 10n],
    ["18446744073709551615", 18446744073709551615n],
    ["18446744073709551615 - 1", 18446744073709551614n],
    ["--4", 4n],
  ])("%s", (text, value) => expect(evaluate(text)).toBe(value));

  it.each(["", " ", "abc", "1+", "(1", "1)", "1 2", "1..2", "1/0", "0/0", "9^9^9^9", "alert(1)"])(
    "refuses %j",
    (text) => expect(evaluate(text)).toBeNull(),
  );

  it("gives up on what is too long or too deep, at once", () => {
    expect(evaluate(`${"(".repeat(60)}1${")".repeat(60)}`)).toBeNull();
    expect(evaluate("1+".repeat(200))).toBeNull();
    expect(evaluate(`${"9".repeat(180)}^999`)).toBeNull();
  });

  it("adds and multiplies whole numbers exactly", () => {
    const whole = fc.bigInt({ min: 0n, max: 2n ** 64n });
    fc.assert(
      fc.property(whole, whole, whole, (a, b, c) => {
        expect(evaluate(`${a}+${b}*${c}`)).toBe(a + b * c);
        expect(evaluate(`(${a}-${b})*${c}`)).toBe((a - b) * c);
      }),
    );
  });

  it("never throws, whatever is typed", () => {
    fc.assert(fc.property(fc.string(), (text) => void evaluate(text)));
    const signs = fc.array(fc.constantFrom("1", "2.5", "(", ")", "+", "-", "*", "/", "^", "%"));
    fc.assert(fc.property(signs, (parts) => void evaluate(parts.join(""))));
  });
});
