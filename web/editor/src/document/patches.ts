/** What differs between two documents, as changes that can be made and unmade. */

import { freeze } from "immer";
import { copyOf, emptyRecord, isJsonObject, type Json, type JsonObject, sameJson } from "./json";

/** path: keys from the outside in. Lists are replaced whole. */
export interface Patch {
  readonly path: readonly string[];
  /** What stands there afterwards; left out where nothing does. */
  readonly value?: Json;
}

export interface Difference {
  /** What makes the later document of the earlier one. */
  readonly patches: readonly Patch[];
  /** What makes the earlier document of the later one. */
  readonly inverse: readonly Patch[];
}

/** How two documents differ. What both share is not looked at. */
export function difference(before: Json, after: Json): Difference {
  const found = { patches: [], inverse: [] };
  compare(before, after, [], found);
  return found;
}

type Found = { readonly patches: Patch[]; readonly inverse: Patch[] };

function compare(
  a: Json | undefined,
  b: Json | undefined,
  path: readonly string[],
  to: Found,
): void {
  if (isJsonObject(a) && isJsonObject(b)) {
    for (const key of Object.keys(a)) {
      const other = own(b, key);
      if (a[key] !== other) compare(a[key], other, [...path, key], to);
    }
    for (const key of Object.keys(b))
      if (own(a, key) === undefined) compare(undefined, b[key], [...path, key], to);
  } else if (!sameJson(a, b)) {
    to.patches.push(b === undefined ? { path } : { path, value: b });
    to.inverse.push(a === undefined ? { path } : { path, value: a });
  }
}

function own(record: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

/** The document with patches made, the rest shared with the old one. */
export function patched<T>(document: T, patches: readonly Patch[]): T {
  let made = document as Json | undefined;
  // Made anew by this call, so that it may be written to.
  const fresh = new Set<Json>();
  for (const { path, value } of patches) made = set(made, path, 0, value, fresh);
  return freeze(made as T, true);
}

function set(
  at: Json | undefined,
  path: readonly string[],
  depth: number,
  value: Json | undefined,
  fresh: Set<Json>,
): Json | undefined {
  const key = path[depth];
  if (key === undefined) return value;
  const copy = writable(isJsonObject(at) ? at : emptyRecord(), fresh);
  const inner = set(own(copy, key), path, depth + 1, value, fresh);
  if (inner === undefined) delete copy[key];
  else copy[key] = inner;
  return copy;
}

function writable(record: JsonObject, fresh: Set<Json>): Record<string, Json> {
  if (fresh.has(record)) return record as Record<string, Json>;
  const copy = copyOf<Json>(record);
  fresh.add(copy);
  return copy;
}
