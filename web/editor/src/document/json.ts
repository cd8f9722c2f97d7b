/** JSON as a document holds it: every number as the file wrote it. */

import { Float, isJsonArray, isJsonObject, type Json } from "./value";

export { DocumentError, type DocumentProblem } from "./errors";
export { parseJson } from "./parse";
export * from "./value";

/** Compact JSON text that `parseJson` reads back as the same value. */
export function writeJson(value: Json): string {
  if (isJsonArray(value)) return `[${value.map(writeJson).join(",")}]`;
  if (isJsonObject(value)) {
    const parts: string[] = [];
    for (const key of Object.keys(value)) {
      const one = value[key];
      if (one !== undefined) parts.push(`${JSON.stringify(key)}:${writeJson(one)}`);
    }
    return `{${parts.join(",")}}`;
  }
  return writeScalar(value);
}

/** The text of a value that is neither list nor object. Raises RangeError for NaN and infinity. */
export function writeScalar(value: Json): string {
  if (typeof value === "number")
    return Number.isInteger(value) ? wholeText(value) : floatText(value);
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Float) return floatText(value.value);
  return JSON.stringify(value);
}

/** A whole number with all its digits. */
export function wholeText(n: number): string {
  return Number.isSafeInteger(n) ? String(n) : BigInt(n).toString();
}

/** A float as Python writes it: 4.0, 1e-05, 1e+16. */
export function floatText(n: number): string {
  if (!Number.isFinite(n)) throw new RangeError(`${n} is no JSON number`);
  if (n === 0) return Object.is(n, -0) ? "-0.0" : "0.0";
  const [mantissa = "", exponent = ""] = n.toExponential().split("e");
  const power = Number(exponent);
  if (power < -4 || power >= 16) {
    const digits = String(Math.abs(power)).padStart(2, "0");
    return `${mantissa}e${power < 0 ? "-" : "+"}${digits}`;
  }
  return Number.isInteger(n) ? `${n}.0` : String(n);
}

/** The plain number of a value, or undefined where it is none. */
export function numberOf(value: Json | undefined): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  return value instanceof Float ? value.value : undefined;
}

/** The value of a number in a document for an input of a kind: `float`, `int`, `int|float`. */
export function numberFor(kind: string, n: number): Json {
  if (!Number.isInteger(n)) return n;
  if (isFloatKind(kind)) return new Float(n);
  if (Object.is(n, -0)) return 0;
  return Number.isSafeInteger(n) ? n : BigInt(n);
}

function isFloatKind(kind: string): boolean {
  const alternatives = kind.replace(/^list\[(.*)\]$/, "$1").split("|");
  return alternatives.includes("float") && !alternatives.includes("int");
}

/** Whether two values are written alike. */
export function sameJson(a: Json | undefined, b: Json | undefined): boolean {
  if (Object.is(a, b)) return true;
  if (a instanceof Float || b instanceof Float)
    return a instanceof Float && b instanceof Float && Object.is(a.value, b.value);
  if (isJsonArray(a) && isJsonArray(b))
    return a.length === b.length && a.every((one, index) => sameJson(one, b[index]));
  if (isJsonObject(a) && isJsonObject(b)) {
    const keys = Object.keys(a);
    return (
      keys.length === Object.keys(b).length &&
      keys.every((key) => Object.hasOwn(b, key) && sameJson(a[key], b[key]))
    );
  }
  return false;
}
