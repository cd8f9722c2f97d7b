/** What names nodes and sockets by their ids must follow where these change or go. */

import {
  type Endpoint,
  parseLink,
  parseTarget,
  type Scope,
  SUBGRAPH,
  targetsOf,
} from "../workflow";
import { graphDraft, type NodeDraft, scopesOf, type WorkflowDraft } from "./edit";

/** The names under which a graph's inner inputs are set from outside. */
export function namesOf(
  draft: WorkflowDraft,
  scope: Scope,
): Record<string, string | readonly string[]> {
  return scope === null ? draft.parameters : (draft.subgraphs[scope]?.inputs ?? {});
}

/** Take away what names inputs that are gone: parameters, and inputs of subgraphs with their uses. */
export function dropTargets(
  draft: WorkflowDraft,
  scope: Scope,
  isGone: (target: Endpoint) => boolean,
): void {
  const names = namesOf(draft, scope);
  for (const name of Object.keys(names)) {
    const all = targetsOf(names[name] ?? []);
    const left = all.filter((text) => {
      const target = parseTarget(text);
      return !target || !isGone(target);
    });
    if (left.length === all.length) continue;
    if (left.length > 0) names[name] = left;
    else if (scope === null) delete names[name];
    else dropInput(draft, scope, name);
  }
}

/** Take away an input of a subgraph, and all that its uses give to it. */
export function dropInput(draft: WorkflowDraft, subgraph: string, name: string): void {
  delete draft.subgraphs[subgraph]?.inputs[name];
  for (const [scope, id, node] of usesIn(draft, subgraph)) {
    delete node.values[name];
    delete node.links[name];
    dropTargets(draft, scope, (one) => one.node === id && one.socket === name);
  }
}

/** Take away an output of a subgraph, and the links that its uses feed by it. */
export function dropOutput(draft: WorkflowDraft, subgraph: string, name: string): void {
  delete draft.subgraphs[subgraph]?.outputs[name];
  for (const [scope, id] of usesIn(draft, subgraph)) relink(draft, scope, id, name, null);
}

/** Point every link from an output to another one, or take it away: outputs of subgraphs too. */
export function relink(
  draft: WorkflowDraft,
  scope: Scope,
  id: string,
  output: string,
  to: string | null,
): void {
  const text = `${id}.${output}`;
  const graph = graphDraft(draft, scope);
  for (const node of Object.values(graph?.nodes ?? {}))
    for (const input of Object.keys(node.links))
      if (node.links[input] === text) replaceIn(node.links, input, to);
  if (scope === null) return;
  const outputs = draft.subgraphs[scope]?.outputs ?? {};
  for (const name of Object.keys(outputs)) {
    if (outputs[name] !== text) continue;
    if (to === null) dropOutput(draft, scope, name);
    else outputs[name] = to;
  }
}

export function replaceIn(links: Record<string, string>, input: string, to: string | null): void {
  if (to === null) delete links[input];
  else links[input] = to;
}

/** Every node that is a use of a subgraph. */
export function usesIn(
  draft: WorkflowDraft,
  subgraph: string,
): readonly (readonly [scope: Scope, id: string, node: NodeDraft])[] {
  const found: [Scope, string, NodeDraft][] = [];
  for (const scope of scopesOf(draft)) {
    const nodes = graphDraft(draft, scope)?.nodes ?? {};
    for (const id of Object.keys(nodes)) {
      const node = nodes[id];
      if (node?.type === SUBGRAPH + subgraph) found.push([scope, id, node]);
    }
  }
  return found;
}

/** Let everything that names nodes by their old ids name them by the new ones. */
export function renameNodes(
  draft: WorkflowDraft,
  scope: Scope,
  renamed: ReadonlyMap<string, string>,
): void {
  const graph = graphDraft(draft, scope);
  if (!graph) return;
  for (const node of Object.values(graph.nodes))
    for (const input of Object.keys(node.links)) {
      const text = renamedLink(node.links[input] as string, renamed);
      if (text !== node.links[input]) node.links[input] = text;
    }
  const names = namesOf(draft, scope);
  for (const name of Object.keys(names)) {
    const target = names[name] ?? [];
    const all = targetsOf(target).map((one) => renamedTarget(one, renamed));
    if (all.join("\n") !== targetsOf(target).join("\n"))
      names[name] = typeof target === "string" ? (all[0] as string) : all;
  }
  const outputs = scope === null ? {} : (draft.subgraphs[scope]?.outputs ?? {});
  for (const name of Object.keys(outputs))
    outputs[name] = renamedLink(outputs[name] as string, renamed);
}

export function renamedLink(text: string, renamed: ReadonlyMap<string, string>): string {
  const link = parseLink(text);
  const to = link && renamed.get(link.node);
  return link && to !== undefined && to !== null ? `${to}.${link.socket}` : text;
}

export function renamedTarget(text: string, renamed: ReadonlyMap<string, string>): string {
  const target = parseTarget(text);
  const to = target && renamed.get(target.node);
  return target && to !== undefined && to !== null ? `${to}.${target.socket}` : text;
}
