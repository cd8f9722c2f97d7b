/** Random data for the properties. */

import fc from "fast-check";
import { Float, type Json, recordOf } from "../../src/document/json";

/** Names with what is easily got wrong among them. */
export const key = (): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constantFrom("a", "b", "__proto__", "constructor", "toString", "10", "2", "é", "\u{1f600}"),
    fc.constantFrom("\ufb01", "a b", "\n", '"', "\\", "\u2028", ""),
    fc.string({ maxLength: 5 }),
  );

/** Every number that a file can hold, in the form in which it is held. */
export const number = (): fc.Arbitrary<Json> =>
  fc.oneof(
    fc.integer({ min: -1000, max: 1000 }),
    fc.maxSafeInteger().map((n) => n + 0),
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 70n }),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(held),
    fc.constantFrom(0, 4, 1e16, 1e22, -0, 0.125, 1e-5, 2.675).map(held),
  );

function held(n: number): Json {
  return Number.isInteger(n) ? new Float(n) : n;
}

export function json(depth = 3): fc.Arbitrary<Json> {
  const leaf = fc.oneof(
    fc.constantFrom(null, true, false),
    number(),
    fc.string({ unit: "grapheme", maxLength: 8 }),
    key(),
  );
  if (depth === 0) return leaf;
  const inner = json(depth - 1);
  return fc.oneof(
    { weight: 3, arbitrary: leaf },
    { weight: 1, arbitrary: fc.array(inner, { maxLength: 4 }) },
    { weight: 1, arbitrary: record(inner) },
  );
}

export function record<T>(
  value: fc.Arbitrary<T>,
  name = key(),
  maxLength = 4,
): fc.Arbitrary<Record<string, T>> {
  return fc
    .uniqueArray(fc.tuple(name, value), { selector: ([one]) => one, maxLength })
    .map((entries) => recordOf(entries));
}
