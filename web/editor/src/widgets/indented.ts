/** JSON for reading: lists of plain values in one line, the rest one entry a line. */

import { Float, type Json, writeJson } from "../document/json";

const WIDE = 60;

export function indented(value: Json, indent = ""): string {
  const flat = writeJson(value);
  if (flat.length <= WIDE || typeof value !== "object" || value === null || value instanceof Float)
    return flat;
  const inner = `${indent}  `;
  const isList = Array.isArray(value);
  const parts = Object.entries(value as Readonly<Record<string, Json>>).map(
    ([key, one]) => inner + (isList ? "" : `${JSON.stringify(key)}: `) + indented(one, inner),
  );
  const [open, close] = isList ? "[]" : "{}";
  return `${open}\n${parts.join(",\n")}\n${indent}${close}`;
}
