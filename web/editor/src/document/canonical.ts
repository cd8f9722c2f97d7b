/** Reading a workflow file, and writing it in its one canonical form. */

import { floatText, numberOf, parseJson, wholeText, writeScalar } from "./json";
import { byCodePoint } from "./order";
import { workflowOfData } from "./reading";
import { isJsonArray, isJsonObject, type Json } from "./value";
import { joinView, splitView } from "./view";
import type { Graph, NodeDocument, SubgraphDocument, View, Workflow } from "./workflow";

/** The workflow of a text. Raises DocumentError, which lists every problem. */
export function readWorkflow(text: string): Workflow {
  return workflowOfData(parseJson(text), splitView);
}

/** The canonical text of a workflow: the very bytes that the engine would write. */
export function writeWorkflow(w: Workflow): string {
  const parts: Entry[] = [["weft", "1"]];
  if (!isEmpty(w.nodes)) parts.push(["nodes", nodesText(w, STEP)]);
  if (!isEmpty(w.parameters)) parts.push(["parameters", text(w.parameters, STEP)]);
  if (!isEmpty(w.requires)) parts.push(["requires", text(w.requires, STEP)]);
  if (!isEmpty(w.subgraphs)) parts.push(["subgraphs", subgraphsText(w.subgraphs)]);
  pushView(parts, w.view, STEP);
  return `${block(parts, "")}\n`;
}

/** The canonical text of a subgraph, by which two can be compared. */
export function subgraphText(one: SubgraphDocument, indent = ""): string {
  const inner = indent + STEP;
  const parts: Entry[] = [];
  if (!isEmpty(one.nodes)) parts.push(["nodes", nodesText(one, inner)]);
  if (!isEmpty(one.inputs)) parts.push(["inputs", text(one.inputs, inner)]);
  if (!isEmpty(one.outputs)) parts.push(["outputs", text(one.outputs, inner)]);
  pushView(parts, one.view, inner);
  return block(parts, indent);
}

type Entry = readonly [key: string, text: string];
const STEP = "  ";

function isEmpty(record: object): boolean {
  for (const _ in record) return false;
  return true;
}

function block(entries: readonly Entry[], indent: string): string {
  if (entries.length === 0) return "{}";
  const inner = indent + STEP;
  const lines = entries.map(([key, value]) => `${inner}${JSON.stringify(key)}: ${value}`);
  return `{\n${lines.join(",\n")}\n${indent}}`;
}

function nodesText(graph: Graph, indent: string): string {
  const inner = indent + STEP;
  const ids = Object.keys(graph.nodes).sort(byCodePoint);
  return block(
    ids.map((id) => [id, nodeText(graph.nodes[id] as NodeDocument, inner)]),
    indent,
  );
}

/** Kept by the node: of a large graph, most nodes are the same as when it was last written. */
const written = new WeakMap<NodeDocument, { readonly indent: string; readonly text: string }>();

function nodeText(node: NodeDocument, indent: string): string {
  const known = written.get(node);
  if (known?.indent === indent) return known.text;
  const inner = indent + STEP;
  const parts: Entry[] = [
    ["type", JSON.stringify(node.type)],
    ["version", writeScalar(node.version)],
  ];
  if (node.title !== undefined) parts.push(["title", JSON.stringify(node.title)]);
  if (node.mode !== undefined) parts.push(["mode", JSON.stringify(node.mode)]);
  if (!isEmpty(node.values)) parts.push(["values", text(node.values, inner)]);
  if (!isEmpty(node.links)) parts.push(["links", text(node.links, inner)]);
  const made = block(parts, indent);
  // A draft of immer's is no key: it changes.
  if (Object.isFrozen(node)) written.set(node, { indent, text: made });
  return made;
}

function subgraphsText(subgraphs: Workflow["subgraphs"]): string {
  const names = Object.keys(subgraphs).sort(byCodePoint);
  const entries = names.map((name): Entry => {
    const one = subgraphs[name] as SubgraphDocument;
    return [name, subgraphText(one, STEP + STEP)];
  });
  return block(entries, STEP);
}

function pushView(parts: Entry[], view: View, indent: string): void {
  const whole = joinView(view);
  if (!isEmpty(whole)) parts.push(["view", text(whole, indent, viewScalar)]);
}

/** A value's canonical text: keys sorted, a list on one line unless it holds containers. */
function text(value: Json, indent: string, scalar = writeScalar): string {
  const inner = indent + STEP;
  if (isJsonArray(value)) {
    if (!value.some((one) => isJsonArray(one) || isJsonObject(one)))
      return `[${value.map(scalar).join(", ")}]`;
    return `[\n${value.map((one) => inner + text(one, inner, scalar)).join(",\n")}\n${indent}]`;
  }
  if (!isJsonObject(value)) return scalar(value);
  const keys = Object.keys(value).filter((key) => value[key] !== undefined);
  const entries = keys
    .sort(byCodePoint)
    .map((key): Entry => [key, text(value[key] as Json, inner, scalar)]);
  return block(entries, indent);
}

/** Layout to a hundredth of a pixel: a drag never writes fifteen digits. */
function viewScalar(value: Json): string {
  const n = typeof value === "bigint" ? undefined : numberOf(value);
  if (n === undefined) return writeScalar(value);
  const rounded = Number.isInteger(n) ? n : hundredth(n);
  return Number.isInteger(rounded) ? wholeText(rounded) : floatText(rounded);
}

/** Rounded to two places; what lies exactly between goes to the even one, as in Python. */
function hundredth(n: number): number {
  // Exactly between are the odd eighths, and no other number that a float can hold.
  const eighths = Math.abs(n) * 8;
  if (!Number.isInteger(eighths) || eighths % 2 === 0) return Number(n.toFixed(2));
  const below = (BigInt(eighths) * 100n) / 8n;
  const even = below % 2n === 0n ? below : below + 1n;
  return (Math.sign(n) * Number(even)) / 100;
}
