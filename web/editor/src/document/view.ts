/**
 * The layout of a graph, as it is held in memory. The engine takes any data there, so what this
 * editor cannot make sense of is set apart when a file is read and put back when it is written:
 * everything else may trust the types of `View`, and still nothing is lost.
 */

import { emptyRecord, Float, isJsonArray, isJsonObject, type Json, type JsonObject } from "./value";
import type { View } from "./workflow";

/** The key under which a view holds what was set apart. */
const ODD = "\u0000odd";

type Check = (value: Json) => boolean;
const MAPS: Readonly<Record<string, Check>> = {
  nodes: (one) => isNumbers(one, 2),
  widths: (one) => typeof one === "number",
  seeds: (one) => one === "random" || one === "increment",
};
const LISTS: Readonly<Record<string, Check>> = {
  groups: (one) => isBox(one, "title") && isColour((one as JsonObject).colour),
  notes: (one) => isBox(one, "text"),
  collapsed: (one) => typeof one === "string",
  expanded: (one) => typeof one === "string",
};

function isNumbers(value: Json | undefined, count: number): boolean {
  return (
    isJsonArray(value) && value.length === count && value.every((one) => typeof one === "number")
  );
}

function isBox(value: Json, text: "title" | "text"): boolean {
  return (
    isJsonObject(value) &&
    typeof value.id === "string" &&
    typeof value[text] === "string" &&
    isNumbers(value.box, 4)
  );
}

function isColour(value: Json | undefined): boolean {
  return (
    value === undefined || (Number.isInteger(value) && Number(value) >= 0 && Number(value) < 8)
  );
}

/** The view of a file's data: numbers made plain, and what is odd set apart. */
export function splitView(data: JsonObject): View {
  const view = emptyRecord<Json>();
  const odd = emptyRecord<Json>();
  for (const key of Object.keys(data)) {
    const value = plain(data[key] as Json);
    const map = MAPS[key];
    const list = LISTS[key];
    if (map && isJsonObject(value)) splitMap(key, value, map, view, odd);
    else if (list && isJsonArray(value)) splitList(key, value, list, view, odd);
    else if (map || list || key === ODD) odd[key] = { whole: value };
    else view[key] = value;
  }
  if (Object.keys(odd).length > 0) view[ODD] = odd;
  return view as View;
}

/** Layout knows no difference between 40 and 40.0. */
function plain(value: Json): Json {
  if (value instanceof Float) return value.value;
  if (isJsonArray(value)) return value.map(plain);
  if (!isJsonObject(value)) return value;
  const made = emptyRecord<Json>();
  for (const key of Object.keys(value)) made[key] = plain(value[key] as Json);
  return made;
}

type Parts = Record<string, Json>;

function splitMap(key: string, value: JsonObject, fits: Check, view: Parts, odd: Parts): void {
  const good = emptyRecord<Json>();
  const rest = emptyRecord<Json>();
  for (const name of Object.keys(value)) {
    const one = value[name] as Json;
    (fits(one) ? good : rest)[name] = one;
  }
  view[key] = good;
  if (Object.keys(rest).length > 0) odd[key] = { entries: rest };
}

function splitList(
  key: string,
  value: readonly Json[],
  fits: Check,
  view: Parts,
  odd: Parts,
): void {
  const seen = new Set<Json | undefined>();
  const good: Json[] = [];
  const rest: Json[] = [];
  for (const [index, one] of value.entries()) {
    const id = isJsonObject(one) ? one.id : one;
    if (fits(one) && !seen.has(id)) good.push(one);
    else rest.push([index, one]);
    seen.add(id);
  }
  view[key] = good;
  if (rest.length > 0) odd[key] = { items: rest };
}

/** The inverse of `splitView`, but for how numbers are written. */
export function joinView(view: View): JsonObject {
  const odd = view[ODD] as Readonly<Record<string, Apart>> | undefined;
  if (odd === undefined) return view as JsonObject;
  const joined = emptyRecord<Json>();
  for (const key of Object.keys(view)) if (key !== ODD) joined[key] = view[key] as Json;
  for (const key of Object.keys(odd)) {
    const { whole, entries, items } = odd[key] as Apart;
    const now = joined[key];
    if (whole !== undefined) joined[key] = now ?? whole;
    else if (entries) joined[key] = Object.assign(emptyRecord(), entries, now);
    else if (items) joined[key] = woven(isJsonArray(now) ? now : [], items);
  }
  return joined;
}

interface Apart {
  readonly whole?: Json;
  readonly entries?: JsonObject;
  readonly items?: readonly (readonly [number, Json])[];
}

/** The list with what was set apart of it back in its places. */
function woven(list: readonly Json[], apart: readonly (readonly [number, Json])[]): Json[] {
  const whole = [...list];
  for (const [index, one] of apart) whole.splice(index, 0, one);
  return whole;
}

/** The view that `writeJson` wrote as it is held in memory; undefined where it is none. */
export function trustedView(data: JsonObject): View | undefined {
  const rest = emptyRecord<Json>();
  for (const key of Object.keys(data)) if (key !== ODD) rest[key] = data[key] as Json;
  const view = splitView(rest) as Parts;
  if (ODD in view) return undefined;
  const odd = data[ODD];
  if (odd !== undefined) view[ODD] = odd;
  return view as View;
}
