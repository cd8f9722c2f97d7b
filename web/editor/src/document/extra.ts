/** The inputs that a node accepts under any name. */

import { inputSpec, type NodeSpec, type Schema } from "./catalogue";
import { looseSocket } from "./exposed";
import { counting } from "./order";
import type { Socket } from "./sockets";
import { Float, isJsonArray, isJsonObject, type Json } from "./value";
import type { NodeDocument, SubgraphDocument, Workflow } from "./workflow";

const BASE = "item";
/** A loop gives these to its body itself. */
const GIVEN = ["item", "index"];

/** The extra inputs that are there, and the next that there could be. */
export function extraSockets(
  w: Workflow,
  node: NodeDocument,
  spec: NodeSpec,
  kind: string,
): readonly Socket[] {
  const names = [...new Set([...Object.keys(node.values), ...Object.keys(node.links)])]
    .filter((name) => !inputSpec(spec, name))
    .sort(counting);
  const there = names.map((name) => {
    const value = node.values[name];
    const schema = value === undefined ? {} : schemaOf(value);
    const literal = Object.keys(schema).length > 0;
    return { ...looseSocket(name, kind), extra: true, literal, schema };
  });
  const free = freeNames(w, node, spec, names);
  return [
    ...there,
    ...free.map((name) => ({ ...looseSocket(name, kind), extra: true, free: true })),
  ];
}

/** What else could be linked: the inputs of the body that the node takes, or else the next item. */
function freeNames(
  w: Workflow,
  node: NodeDocument,
  spec: NodeSpec,
  taken: readonly string[],
): readonly string[] {
  const body = bodyOf(w, node, spec);
  if (body === undefined) return [nextName(taken)];
  return Object.keys(body.inputs).filter(
    (name) => !taken.includes(name) && !GIVEN.includes(name) && !inputSpec(spec, name),
  );
}

/** The subgraph that a node takes as a value, if it takes one. */
function bodyOf(w: Workflow, node: NodeDocument, spec: NodeSpec): SubgraphDocument | undefined {
  for (const one of spec.inputs) {
    const value = node.values[one.name];
    if (one.kind === "subgraph" && typeof value === "string") return w.subgraphs[value];
  }
  return undefined;
}

/** `item1`, or what follows the last name: `picture3` after `picture2`. */
function nextName(taken: readonly string[]): string {
  const parts = taken.map((name) => /^(.*?)(\d*)$/s.exec(name));
  const base = parts.findLast((one) => one?.[2])?.[1] ?? BASE;
  const numbers = parts.filter((one) => one?.[1] === base).map((one) => Number(one?.[2]));
  return base + (Math.max(0, ...numbers) + 1);
}

/** A schema for a value of which nothing else is known: it stays what it is. */
function schemaOf(value: Json): Schema {
  if (typeof value === "string") return { type: "string" };
  if (typeof value === "boolean") return { type: "boolean" };
  if (typeof value === "bigint") return { type: "integer" };
  if (value instanceof Float) return { type: "number" };
  if (typeof value === "number") return { type: Number.isInteger(value) ? "integer" : "number" };
  if (isJsonArray(value)) return { type: "array" };
  return isJsonObject(value) ? { type: "object" } : {};
}
