/** Whether a schema takes a value, and plain data as a document writes it. For plugins' widgets. */

import type { Schema } from "../document/catalogue";
import { Float, type Json, numberFor, numberOf } from "../document/json";
import { isList } from "./lists";

/** Plain data with each number as the schema's type writes it. Throws where it is no JSON. */
export function jsonFrom(value: unknown, schema: Schema | undefined, deep = 0): Json {
  if (deep > 64) throw new TypeError("the value is nested too deeply");
  if (value === null || typeof value === "boolean" || typeof value === "string") return value;
  if (typeof value === "bigint") return value;
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new TypeError(`${value} is no JSON number`);
    return numberFor(wantsFloat(schema) ? "float" : "int", value);
  }
  if (Array.isArray(value)) return value.map((one) => jsonFrom(one, schema?.items, deep + 1));
  if (typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype) {
    const entries = Object.entries(value).map(([k, one]) => [
      k,
      jsonFrom(one, undefined, deep + 1),
    ]);
    return Object.fromEntries(entries) as Json;
  }
  throw new TypeError(`a ${typeof value} is no JSON`);
}

function wantsFloat(schema: Schema | undefined): boolean {
  const types = [schema?.type ?? []].flat();
  return types.includes("number") && !types.includes("integer");
}

/** A value without the editor's own number types: what plugins get. */
export function plainOf(value: Json | undefined): unknown {
  if (value instanceof Float) return value.value;
  if (isList(value)) return value.map(plainOf);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plainOf(one)]));
}

/** Why a schema refuses a value, in words; null where it takes it. */
export function refusal(value: Json, schema: Schema, nullable: boolean): string | null {
  if (value === null) return nullable ? null : "expected a value, got null";
  if (schema.anyOf) {
    const reasons = schema.anyOf.map((one) => refusal(value, one, nullable));
    if (!reasons.includes(null)) return reasons[0] ?? null;
  }
  const types = [schema.type ?? []].flat();
  if (types.length > 0 && !types.some((one) => isOf(value, one)))
    return `expected ${types.join(" or ")}, got ${typeName(value)}`;
  if (schema.enum && !schema.enum.includes(value)) return "expected one of the choices";
  return outside(value, schema) ?? items(value, schema);
}

function outside(value: Json, schema: Schema): string | null {
  const number = typeof value === "bigint" ? value : numberOf(value);
  if (number === undefined) {
    const long = typeof value === "string" && [...value].length > (schema.maxLength ?? Infinity);
    return long ? `expected at most ${schema.maxLength} characters` : null;
  }
  const min = boundOf(schema.minimum);
  const max = boundOf(schema.maximum);
  if (min !== undefined && number < min) return `expected at least ${min}`;
  return max !== undefined && number > max ? `expected at most ${max}` : null;
}

function boundOf(bound: Json | undefined): number | bigint | undefined {
  return typeof bound === "bigint" ? bound : numberOf(bound);
}

function items(value: Json, schema: Schema): string | null {
  if (!isList(value) || !schema.items) return null;
  for (const [index, one] of value.entries()) {
    const reason = refusal(one, schema.items, false);
    if (reason) return `item ${index}: ${reason}`;
  }
  return null;
}

function isOf(value: Json, type: string): boolean {
  switch (type) {
    case "integer":
      return typeof value === "bigint" || (typeof value === "number" && Number.isInteger(value));
    case "number":
      return typeof value === "bigint" || numberOf(value) !== undefined;
    default:
      return typeName(value) === type;
  }
}

function typeName(value: Json): string {
  if (value === null) return "null";
  if (isList(value)) return "array";
  if (typeof value === "bigint" || value instanceof Float) return "number";
  return typeof value;
}
