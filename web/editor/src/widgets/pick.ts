/** Which widget shows an input. */

import type { InputSpec, Schema } from "../document/catalogue";

export type WidgetName =
  | "number"
  | "slider"
  | "seed"
  | "text"
  | "textarea"
  | "bool"
  | "enum"
  | "choices"
  | "files"
  | "path"
  | "subgraph"
  | "numbers"
  | "lines"
  | "plugin"
  | "json"
  | "none";

type Picked = Pick<InputSpec, "kind" | "schema">;

/** `none` where only a link fits. */
export function widgetOf({ schema }: Picked): WidgetName {
  const wanted = schema["x-widget"];
  if (wanted?.includes("/")) return "plugin";
  if (Object.keys(schema).length === 0) return "none";
  if (schema.enum) return "enum";
  const types = typesOf(schema);
  const only = (...some: string[]) => types.length > 0 && types.every((one) => some.includes(one));
  if (only("integer", "number")) return numberWidget(wanted, schema);
  if (only("string")) return textWidget(wanted);
  if (only("boolean")) return "bool";
  if (only("array")) return listWidget(schema);
  return "json";
}

/** The types a value may have, null left out: whether it may be null is `nullable`'s to say. */
function typesOf(schema: Schema): readonly string[] {
  const here = schema.type === undefined ? [] : [schema.type].flat();
  return [...here, ...(schema.anyOf ?? []).flatMap(typesOf)].filter((one) => one !== "null");
}

function numberWidget(wanted: string | undefined, schema: Schema): WidgetName {
  if (wanted === "seed") return "seed";
  const bounded = schema.minimum !== undefined && schema.maximum !== undefined;
  return wanted === "slider" && bounded ? "slider" : "number";
}

const TEXT: Readonly<Record<string, WidgetName>> = {
  textarea: "textarea",
  files: "files",
  path: "path",
  choices: "choices",
  subgraph: "subgraph",
};

function textWidget(wanted: string | undefined): WidgetName {
  return TEXT[wanted ?? ""] ?? "text";
}

function listWidget(schema: Schema): WidgetName {
  const types = schema.items ? typesOf(schema.items) : [];
  if (types.length === 0) return "json";
  if (types.every((one) => one === "integer" || one === "number")) return "numbers";
  const lines = ["string", "integer", "number"];
  return types.every((one) => lines.includes(one)) ? "lines" : "json";
}

/** Widgets that stand below their label on a node, several lines high; the rest stand beside it. */
const TALL: ReadonlySet<WidgetName> = new Set(["textarea", "plugin"]);

export function isTall(spec: Picked): boolean {
  return TALL.has(widgetOf(spec));
}
