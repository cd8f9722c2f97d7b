/** JSON as a document holds it: every number as the file wrote it. */

/** A float whose value is whole, which JSON text writes as 4.0 and an integer as 4. */
export class Float {
  constructor(readonly value: number) {}

  valueOf(): number {
    return this.value;
  }
}

export type Json =
  | null
  | boolean
  | string
  | number
  | bigint
  | Float
  | readonly Json[]
  | { readonly [key: string]: Json };

export interface DocumentProblem {
  /** What is wrong, for wording: the key `document.bad.CODE`. */
  readonly code: string;
  readonly path: string;
  readonly message: string;
  readonly expected?: string;
  readonly got?: string;
  readonly suggestion?: string;
  readonly line?: number;
  readonly column?: number;
}

/** A text that is no workflow, with everything that is wrong with it. */
export class DocumentError extends Error {
  constructor(readonly problems: readonly DocumentProblem[]) {
    super(problems.map((one) => [one.path, one.message].filter(Boolean).join(": ")).join("\n"));
    this.name = "DocumentError";
  }
}

/** JSON data of a text. Raises DocumentError. */
export function parseJson(text: string): Json {
  return JSON.parse(text) as Json;
}

/** Compact JSON text that `parseJson` reads back as the same value. */
export function writeJson(value: Json): string {
  return JSON.stringify(value);
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
  if (kind === "float") return new Float(n);
  return Number.isSafeInteger(n) ? n : BigInt(n);
}

/** Whether two values are written alike. */
export function sameJson(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined) return false;
  return writeJson(a) === writeJson(b);
}

/** A float as Python writes it. */
export function floatText(n: number): string {
  return String(n);
}
