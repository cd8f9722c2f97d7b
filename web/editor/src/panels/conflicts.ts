/** Conflicts of two versions, in words. */

import type { Catalogue } from "../document/catalogue";
import { isJsonObject, type Json } from "../document/json";
import { graphIn, type Workflow } from "../document/workflow";
import { linkText, nodeTitle, valueText } from "./changes";

/** What a conflict is about: the titles of nodes in place of their ids. */
export function placeText(
  path: string,
  versions: readonly Workflow[],
  catalogue: Catalogue,
): string {
  const parts = path.split(".");
  const words: string[] = [];
  let scope: string | null = null;
  for (let at = 0; at < parts.length; at++) {
    const [part = "", next] = [parts[at], parts[at + 1]];
    if (next !== undefined && part === "subgraphs") {
      scope = next;
      words.push(next);
      at += 1;
    } else if (next !== undefined && part === "nodes") {
      const nodes = versions.map((one) => graphIn(one, scope)?.nodes[next]);
      const node = nodes.find((one) => one !== undefined);
      words.push(node ? nodeTitle(node, catalogue) : next);
      at += 1;
    } else words.push(part);
  }
  return words.join(" · ");
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
