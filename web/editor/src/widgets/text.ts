/** Values as short texts, for buttons, placeholders and refusals. */

import { Float, type Json, writeJson } from "../document/json";
import { shownNum } from "./numbers";

export function shownValue(value: Json | undefined): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return value;
  if (value instanceof Float) return shownNum(value.value);
  return writeJson(value);
}

/** A size in bytes, such as "2.1 GB". */
export function shownBytes(bytes: number, language: string): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return new Intl.NumberFormat(language, {
    style: "unit",
    unit: units[power] ?? "byte",
    unitDisplay: power === 0 ? "long" : "short",
    maximumSignificantDigits: 3,
  }).format(bytes / 1000 ** power);
}
