/** Making, moving and taking away links. */

import type { Command } from "../history";
import { type Endpoint, formatLink, parseLink, type Scope } from "../workflow";
import { type GraphDraft, onGraph } from "./edit";

/** Link an output to an input. A link or a value that was there is replaced. */
export function connect(scope: Scope, from: Endpoint, to: Endpoint): Command {
  return onGraph("connect", scope, (graph) => putLink(graph, from, to));
}

export function putLink(graph: GraphDraft, from: Endpoint, to: Endpoint): void {
  const node = graph.nodes[to.node];
  if (!node) return;
  node.links[to.socket] = formatLink(from);
  // An input with both a value and a link is an error.
  delete node.values[to.socket];
}

/** Take away the link that ends at an input. */
export function disconnect(scope: Scope, to: Endpoint): Command {
  return onGraph("disconnect", scope, (graph) => {
    delete graph.nodes[to.node]?.links[to.socket];
  });
}

/** Move one end of the link that ends at `old` to another input, or to another output. */
export function moveLinkEnd(
  scope: Scope,
  old: Endpoint,
  end: { readonly to: Endpoint } | { readonly from: Endpoint },
): Command {
  return onGraph("moveLinkEnd", scope, (graph) => {
    const text = graph.nodes[old.node]?.links[old.socket];
    const from = "from" in end ? end.from : parseLink(text ?? "");
    const to = "to" in end ? end.to : old;
    if (text === undefined || !from || !graph.nodes[to.node]) return;
    delete graph.nodes[old.node]?.links[old.socket];
    putLink(graph, from, to);
  });
}
