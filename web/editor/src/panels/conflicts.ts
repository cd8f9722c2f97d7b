/** Conflicts of two versions, in words. */

import { isJsonObject, type Json } from "../document/json";
import type { Workflow } from "../document/workflow";
import { linkText, valueText } from "./changes";

/** What a conflict is about: the titles of nodes in place of their ids. */
export function placeText(path: string, workflow: Workflow, other: Workflow): string {
  const parts = path.split(".");
  const words: string[] = [];
  let scope: string | null = null;
  for (let at = 0; at < parts.length; at++) {
    const [part = "", next] = [parts[at], parts[at + 1]];
    if (part === "subgraphs" && next !== undefined) {
      scope = next;
      words.push(next);
      at += 1;
    } else if (part === "nodes" && next !== undefined) {
      words.push(titleIn(workflow, scope, next) ?? titleIn(other, scope, next) ?? next);
      at += 1;
    } else words.push(part);
  }
  return words.join(" · ");
}

function titleIn(workflow: Workflow, scope: string | null, id: string): string | undefined {
  const nodes = scope === null ? workflow.nodes : workflow.subgraphs[scope]?.nodes;
  return nodes?.[id]?.title;
}

export type SideKind = "gone" | "node" | "subgraph" | "value";

/** What one side made of it: a text, or what kind of thing it is where that is too much to show. */
export function sideOf(value: Json | undefined): { kind: SideKind; text: string } {
  if (value === undefined) return { kind: "gone", text: "" };
  if (!isJsonObject(value)) return { kind: "value", text: valueText(value) };
  if (typeof value.link === "string") return { kind: "value", text: linkText(value.link) };
  if (typeof value.type === "string" && "values" in value) return { kind: "node", text: "" };
  if ("nodes" in value) return { kind: "subgraph", text: "" };
  return { kind: "value", text: valueText("value" in value ? (value.value ?? null) : value) };
}
