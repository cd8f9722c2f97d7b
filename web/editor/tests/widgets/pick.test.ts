import { describe, expect, it } from "vitest";
import type { Schema } from "../../src/document/catalogue";
import { isTall, widgetOf } from "../../src/widgets/pick";

const CASES: readonly [string, Schema, string][] = [
  ["image", {}, "none"],
  ["int", { type: "integer", minimum: 1, maximum: 9, "x-widget": "number" }, "number"],
  ["int", { type: "integer" }, "number"],
  ["float", { type: "number", minimum: 0, maximum: 1, "x-widget": "slider" }, "slider"],
  ["float", { type: "number", "x-widget": "slider" }, "number"],
  ["int|float", { anyOf: [{ type: "integer" }, { type: "number" }] }, "number"],
  ["int", { type: ["integer", "null"], "x-widget": "seed" }, "seed"],
  ["str", { type: "string" }, "text"],
  ["str", { type: "string", "x-widget": "textarea" }, "textarea"],
  ["str", { type: "string", "x-widget": "files", "x-folder": "vae" }, "files"],
  ["str", { type: "string", "x-widget": "path" }, "path"],
  ["str", { type: "string", "x-widget": "choices" }, "choices"],
  ["str", { type: "string", enum: ["a", "b"] }, "enum"],
  ["subgraph", { type: "string", "x-widget": "subgraph" }, "subgraph"],
  ["bool", { type: "boolean" }, "bool"],
  ["list[int]", { type: "array", items: { type: "integer" } }, "numbers"],
  ["list[str]", { type: "array", items: { type: "string" } }, "lines"],
  ["list[list[int]]", { type: "array", items: { type: "array" } }, "json"],
  ["dict", { type: "object" }, "json"],
  ["str|int", { anyOf: [{ type: "string" }, { type: "integer" }] }, "json"],
  ["float", { type: "number", "x-widget": "acme/dial" }, "plugin"],
  ["any", { "x-widget": "something new" }, "json"],
];

describe("widgetOf", () => {
  it.each(CASES)("%s %j: %s", (kind, schema, widget) => {
    expect(widgetOf({ kind, schema })).toBe(widget);
  });

  it("says which are several lines high", () => {
    const tall = CASES.filter(([kind, schema]) => isTall({ kind, schema })).map(([, , one]) => one);
    expect(new Set(tall)).toEqual(new Set(["textarea", "plugin"]));
  });
});
