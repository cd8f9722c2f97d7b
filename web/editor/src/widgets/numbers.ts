/** What numbers a field takes, and how they are stepped, bounded and shown. Integers are exact. */

import type { Schema } from "../document/catalogue";
import { Float, type Json, numberFor, numberOf } from "../document/json";
import { alternatives } from "../document/kinds";
import type { Num } from "./expression";

export interface NumberRule {
  /** Whole numbers only, floats only, or whichever is written. */
  readonly kind: "int" | "float" | "either";
  readonly min: Num | null;
  readonly max: Num | null;
  readonly step: number;
}

/** Why a number that was typed is not the one that was taken. */
export type Fitting = "tooSmall" | "tooLarge" | "notWhole";

export function ruleOf(kind: string, schema: Schema): NumberRule {
  const kinds = alternatives(kind);
  const [int, float] = [kinds.includes("int"), kinds.includes("float")];
  const whole = int || (!float && schema.type === "integer");
  const min = bound(schema.minimum);
  const max = bound(schema.maximum);
  return {
    // An input of any kind leads to one that may take either.
    kind: int === float ? "either" : int ? "int" : "float",
    min,
    max,
    step: numberOf(schema["x-step"] as Json | undefined) ?? usualStep(whole, min, max),
  };
}

function bound(value: Json | undefined): Num | null {
  return typeof value === "bigint" ? value : (numberOf(value) ?? null);
}

/** A hundredth of the range, as a power of ten; a tenth where there is none. */
function usualStep(whole: boolean, min: Num | null, max: Num | null): number {
  if (whole) return 1;
  if (min === null || max === null) return 0.1;
  const range = Number(max) - Number(min);
  return range > 0 ? 10 ** Math.floor(Math.log10(range / 100)) : 0.1;
}

/** A value of a document as a number: integers as bigint. Null where it is none. */
export function numOf(value: Json | undefined, rule: NumberRule): Num | null {
  if (typeof value === "bigint") return rule.kind === "float" ? Number(value) : value;
  const plain = numberOf(value);
  if (plain === undefined || !Number.isFinite(plain)) return null;
  const isFloat = value instanceof Float || !Number.isInteger(plain) || rule.kind === "float";
  return isFloat ? plain : BigInt(plain);
}

/** A number as a document writes it. */
export function jsonOf(value: Num): Json {
  if (typeof value === "number") return numberFor("float", value);
  const plain = Number(value);
  return Number.isSafeInteger(plain) ? plain : value;
}

/** The nearest number that the rule takes, and why it is another. */
export function bounded(value: Num, rule: NumberRule): { value: Num; why: Fitting | null } {
  let why: Fitting | null = null;
  let fitting = value;
  if (rule.kind === "float") fitting = Number(value);
  if (rule.kind === "int" && typeof value === "number") {
    fitting = BigInt(Math.round(value));
    if (!Number.isInteger(value)) why = "notWhole";
  }
  // A bigint and a number compare by their exact values.
  if (rule.min !== null && fitting < rule.min)
    return { value: alike(rule.min, fitting), why: "tooSmall" };
  if (rule.max !== null && fitting > rule.max)
    return { value: alike(rule.max, fitting), why: "tooLarge" };
  return { value: fitting, why };
}

function alike(bound: Num, value: Num): Num {
  if (typeof value === "number") return Number(bound);
  return typeof bound === "bigint" ? bound : BigInt(Math.round(bound));
}

/** `steps` steps on, within the bounds; floats without the dust of binary fractions. */
export function nudged(value: Num, steps: number, rule: NumberRule): Num {
  if (typeof value === "bigint") {
    const by = Math.max(1, Math.round(rule.step));
    return bounded(value + BigInt(Math.round(steps)) * BigInt(by), rule).value;
  }
  const by = rule.step * steps;
  const digits = Math.min(12, Math.max(decimals(value), decimals(by)));
  return bounded(Number((value + by).toFixed(digits)), rule).value;
}

function decimals(value: number): number {
  const [digits = "", exponent = "0"] = String(value).toLowerCase().split("e");
  return Math.max(0, (digits.split(".")[1] ?? "").length - Number(exponent));
}

/** Where a number stands between its bounds, 0 to 1; null where it has no two bounds. */
export function fraction(value: Num | null, rule: NumberRule): number | null {
  if (value === null || rule.min === null || rule.max === null) return null;
  const range = Number(rule.max) - Number(rule.min);
  if (!(range > 0) || !Number.isFinite(range)) return null;
  return Math.min(1, Math.max(0, (Number(value) - Number(rule.min)) / range));
}

/** The number at a place between the bounds, on a whole step from the least. */
export function atFraction(part: number, rule: NumberRule): Num {
  const [min, max] = [Number(rule.min ?? 0), Number(rule.max ?? 1)];
  if (part >= 1) return bounded(rule.kind === "float" ? max : BigInt(Math.round(max)), rule).value;
  const steps = Math.round((Math.max(0, part) * (max - min)) / rule.step);
  const start = rule.kind === "int" ? BigInt(Math.ceil(min)) : min;
  return nudged(start, steps, rule);
}

/** As it stands in a field: a whole float ends in .0, so that it is told from an integer. */
export function shownNum(value: Num | null): string {
  if (value === null) return "";
  if (typeof value === "bigint") return value.toString();
  const text = String(value);
  return Number.isInteger(value) && !text.includes("e") ? `${text}.0` : text;
}
