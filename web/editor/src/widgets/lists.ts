/** Lists as text: numbers in a row, texts one a line. Reading back gives the same list. */

import { type Json, parseJson } from "../document/json";
import { alternatives, itemKind } from "../document/kinds";
import { evaluate } from "./expression";
import { bounded, jsonOf, type NumberRule, numOf, ruleOf, shownNum } from "./numbers";

export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

export function numbersText(value: Json | undefined, kind: string): string {
  const rule = itemRule(kind);
  return isList(value) ? value.map((one) => shownNum(numOf(one, rule))).join(", ") : "";
}

/** Numbers apart by commas, semicolons, blanks or lines; null where a part is none. */
export function readNumbers(text: string, kind: string): readonly Json[] | null {
  const rule = itemRule(kind);
  const out: Json[] = [];
  for (const part of text.split(/[;,\s]+/).filter(Boolean)) {
    const number = evaluate(part);
    if (number === null) return null;
    const fitting = bounded(number, rule);
    if (fitting.why) return null;
    out.push(jsonOf(fitting.value));
  }
  return out;
}

function itemRule(kind: string): NumberRule {
  return ruleOf(itemKind(kind) ?? kind, {});
}

export function linesText(value: Json | undefined, kind: string): string {
  if (!isList(value)) return "";
  const mixed = isMixed(kind);
  const lines = value.map((one) => lineOf(one, mixed));
  // The last line may be empty only when it is written so.
  if (lines.at(-1) === "") lines[lines.length - 1] = '""';
  return lines.join("\n");
}

export function readLines(text: string, kind: string): readonly Json[] {
  if (text === "") return [];
  const mixed = isMixed(kind);
  return text
    .replace(/\n$/, "")
    .split("\n")
    .map((line) => itemOf(line, mixed));
}

/** Whether numbers stand among the texts, so that "12" and 12 must look different. */
function isMixed(kind: string): boolean {
  return alternatives(itemKind(kind) ?? kind).some((one) => one === "int" || one === "float");
}

const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?$/i;

function lineOf(item: Json, mixed: boolean): string {
  if (typeof item !== "string") return shownNum(numOf(item, EITHER));
  const quote = /[\n\r]/.test(item) || isQuoted(item) || (mixed && NUMBER.test(item));
  return quote ? JSON.stringify(item) : item;
}

const EITHER = ruleOf("int|float", {});

function itemOf(line: string, mixed: boolean): Json {
  if (mixed && NUMBER.test(line)) return parseJson(line);
  if (!isQuoted(line)) return line;
  try {
    return parseJson(line);
  } catch {
    return line;
  }
}

function isQuoted(text: string): boolean {
  return text.length >= 2 && text.startsWith('"') && text.endsWith('"');
}
