/** Taking nodes away, with the links around them healed. */

import type { Catalogue } from "../catalogue";
import type { Command } from "../history";
import { accepts } from "../kinds";
import { demands, throughNode } from "../passage";
import { wanted } from "../resolution";
import { inputOf, kindsIn, socketsOf } from "../sockets";
import { consumersOf } from "../wires";
import {
  type Endpoint,
  formatLink,
  GROUP,
  type Graph,
  graphIn,
  NOTE,
  parseLink,
  type Scope,
  type Workflow,
} from "../workflow";
import { forgetNodes, type GraphDraft, onGraph, setList, type WorkflowDraft } from "./edit";
import { dropOutput, dropTargets, replaceIn } from "./references";

/**
 * Remove nodes, and notes and groups by `NOTE` and `GROUP` with their id. Where a node passed a kind
 * through, its consumers get its source.
 */
export function removeNodes(scope: Scope, ids: Iterable<string>, catalogue: Catalogue): Command {
  const chosen = new Set(ids);
  return onGraph("removeNodes", scope, (graph, before, draft) => {
    const gone = new Set([...chosen].filter((id) => id in graph.nodes));
    const heal = new Healing(before, scope, catalogue, gone);
    for (const id of gone) delete graph.nodes[id];
    healLinks(graph, heal, graphIn(before, scope) as Graph);
    if (scope !== null) healOutputs(draft, scope, heal);
    dropTargets(draft, scope, (target) => gone.has(target.node));
    forgetNodes(graph.view, gone);
    removeBoxes(graph, chosen);
  });
}

function healLinks(graph: GraphDraft, heal: Healing, before: Graph): void {
  const consumers = consumersOf(before);
  for (const gone of heal.gone)
    for (const { from, to } of consumers.get(gone) ?? []) {
      const links = graph.nodes[to.node]?.links;
      if (!links) continue;
      const source = heal.source(from);
      const fits = source && heal.fits(source, to);
      replaceIn(links, to.socket, source && fits ? formatLink(source) : null);
    }
}

function healOutputs(draft: WorkflowDraft, scope: string, heal: Healing): void {
  const outputs = draft.subgraphs[scope]?.outputs ?? {};
  for (const name of Object.keys(outputs)) {
    const from = parseLink(outputs[name] as string);
    if (!from || !heal.gone.has(from.node)) continue;
    const source = heal.source(from);
    if (source) outputs[name] = formatLink(source);
    else dropOutput(draft, scope, name);
  }
}

function removeBoxes(graph: GraphDraft, chosen: ReadonlySet<string>): void {
  const { groups = [], notes = [] } = graph.view;
  if (groups.some((one) => chosen.has(GROUP + one.id)))
    setList(
      graph.view,
      "groups",
      groups.filter((one) => !chosen.has(GROUP + one.id)),
    );
  if (notes.some((one) => chosen.has(NOTE + one.id)))
    setList(
      graph.view,
      "notes",
      notes.filter((one) => !chosen.has(NOTE + one.id)),
    );
}

/** Where what removed nodes gave comes from without them. */
class Healing {
  constructor(
    private readonly w: Workflow,
    private readonly scope: Scope,
    private readonly catalogue: Catalogue,
    readonly gone: ReadonlySet<string>,
  ) {}

  /** The output that stands for one of a removed node, through as many as are removed. */
  source(from: Endpoint): Endpoint | null {
    const seen = new Set<string>();
    let at: Endpoint | undefined = from;
    while (at && this.gone.has(at.node)) {
      if (seen.has(formatLink(at))) return null;
      seen.add(formatLink(at));
      at = throughNode(this.w, this.scope, this.catalogue, at.node).get(at.socket);
    }
    return at ?? null;
  }

  fits(from: Endpoint, to: Endpoint): boolean {
    if (from.node === to.node) return false;
    const sockets = socketsOf(this.w, this.scope, to.node, this.catalogue);
    const input = inputOf(sockets, to.socket);
    const got = kindsIn(this.w, this.scope, this.catalogue).output(from.node, from.socket);
    const kinds = sockets.spec
      ? [wanted(sockets.spec, to.socket)]
      : input
        ? demands(input)
        : ["any"];
    return got !== null && kinds.every((kind) => accepts(kind, got));
  }
}
