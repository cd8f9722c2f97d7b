/** A history as text, so that undo survives a reload. */

import { COMMANDS, type CommandName } from "./commands/names";
import { DocumentError } from "./errors";
import type { History, Step } from "./history";
import { parseJson, writeJson } from "./json";
import { type Patch, patched } from "./patches";
import { workflowOfData } from "./reading";
import { isJsonArray, isJsonObject, type Json } from "./value";
import { trustedView } from "./view";
import type { NodeDocument, Workflow } from "./workflow";

/** A step holds a document's parts some levels deeper than the document does. */
const MAX_DEPTH = 80;
const written = new WeakMap<Step, string>();

/** The history as text, nothing left out. */
export function writeHistory(h: History): string {
  const present = workflowText(h.present);
  const [past, future] = [h.past, h.future].map((steps) => `[${steps.map(stepText).join(",")}]`);
  return `{"present":${present},"past":${past},"future":${future}}`;
}

/** As `writeJson`; what most nodes are written as is known from the last time. */
function workflowText({ nodes, ...rest }: Workflow): string {
  const entries = Object.keys(nodes).map((id) => `${JSON.stringify(id)}:${nodeText(nodes, id)}`);
  return `{"nodes":{${entries.join(",")}},${writeJson(rest as unknown as Json).slice(1)}`;
}

const nodeTexts = new WeakMap<NodeDocument, string>();

function nodeText(nodes: Workflow["nodes"], id: string): string {
  const node = nodes[id] as NodeDocument;
  let text = nodeTexts.get(node);
  if (text === undefined) {
    text = writeJson(node as unknown as Json);
    nodeTexts.set(node, text);
  }
  return text;
}

function stepText(step: Step): string {
  let text = written.get(step);
  if (text === undefined) {
    text = writeJson(step as unknown as Json);
    written.set(step, text);
  }
  return text;
}

/** The history of a text. Raises DocumentError where it is not whole. */
export function readHistory(text: string): History {
  const data = parseJson(text, MAX_DEPTH);
  if (!isJsonObject(data) || data.present === undefined) return refuse("present");
  const present = document(data.present);
  const past = steps(data.past, "past");
  const future = steps(data.future, "future");
  // Where the first and the last document are whole, so is what lies between.
  document(past.reduceRight((at, step) => patched(at, step.inverse), asJson(present)));
  document(future.reduce((at, step) => patched(at, step.patches), asJson(present)));
  return { present, past, future };
}

/** The document of a history whose steps are damaged; null where that is damaged too. */
export function salvageHistory(text: string): History | null {
  try {
    const data = parseJson(text, MAX_DEPTH);
    const present = isJsonObject(data) ? data.present : undefined;
    return present === undefined ? null : { present: document(present), past: [], future: [] };
  } catch (error) {
    if (error instanceof DocumentError) return null;
    throw error;
  }
}

function asJson(w: Workflow): Json {
  return w as unknown as Json;
}

function document(data: Json): Workflow {
  return workflowOfData(data, trustedView);
}

function steps(data: Json | undefined, path: string): readonly Step[] {
  if (!isJsonArray(data)) return refuse(path);
  return data.map((one, index) => step(one, `${path}.${index}`));
}

function step(data: Json, path: string): Step {
  if (!isJsonObject(data)) return refuse(path);
  const { name, merge } = data;
  if (!COMMANDS.some((one) => one === name)) return refuse(`${path}.name`);
  return {
    name: name as CommandName,
    ...(typeof merge === "string" ? { merge } : {}),
    patches: patches(data.patches, `${path}.patches`),
    inverse: patches(data.inverse, `${path}.inverse`),
  };
}

function patches(data: Json | undefined, path: string): readonly Patch[] {
  if (!isJsonArray(data)) return refuse(path);
  return data.map((one) => {
    if (!isJsonObject(one) || !isJsonArray(one.path)) return refuse(path);
    if (!one.path.every((key) => typeof key === "string")) return refuse(path);
    const keys = one.path as readonly string[];
    return one.value === undefined ? { path: keys } : { path: keys, value: one.value };
  });
}

function refuse(path: string): never {
  throw new DocumentError([{ code: "history", path, message: "the kept history is damaged" }]);
}
