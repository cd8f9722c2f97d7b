/** The inputs and outputs that a subgraph shows to the outside. */

import type { Catalogue } from "../catalogue";
import type { Command } from "../history";
import { badName } from "../reading";
import { bodiesOf } from "../references";
import { type Endpoint, formatLink, targetsOf, type Workflow } from "../workflow";
import {
  graphDraft,
  type NodeDraft,
  onWorkflow,
  scopesOf,
  setInView,
  type WorkflowDraft,
} from "./edit";
import { unusedId } from "./nodes";
import { renameListed } from "./order";
import { dropInput, dropOutput, namesOf, relink, usesIn } from "./references";

/** Make an inner input one of the subgraph's own, under a name that is free. */
export function exposeInput(name: string, inner: Endpoint, as?: string): Command {
  return onWorkflow("exposeInput", (draft) => {
    const subgraph = draft.subgraphs[name];
    if (!subgraph || !(inner.node in subgraph.nodes)) return;
    const free = unusedId(as ?? inner.socket, (one) => one in subgraph.inputs);
    subgraph.inputs[free] = formatLink(inner);
  });
}

export function exposeOutput(name: string, inner: Endpoint, as?: string): Command {
  return onWorkflow("exposeOutput", (draft) => {
    const subgraph = draft.subgraphs[name];
    if (!subgraph || !(inner.node in subgraph.nodes)) return;
    const free = unusedId(as ?? inner.socket, (one) => one in subgraph.outputs);
    subgraph.outputs[free] = formatLink(inner);
  });
}

/** Take an input of a subgraph away, and what its uses give to it. */
export function hideInput(name: string, input: string): Command {
  return onWorkflow("hideInput", (draft) => {
    if (draft.subgraphs[name] && input in draft.subgraphs[name].inputs)
      dropInput(draft, name, input);
  });
}

export function hideOutput(name: string, output: string): Command {
  return onWorkflow("hideOutput", (draft) => {
    if (draft.subgraphs[name] && output in draft.subgraphs[name].outputs)
      dropOutput(draft, name, output);
  });
}

/** Rename an input; its uses follow, and nodes that take the subgraph as a body. */
export function renameInput(
  name: string,
  input: string,
  to: string,
  catalogue: Catalogue,
): Command {
  return onWorkflow("renameInput", (draft, before) => {
    const subgraph = draft.subgraphs[name];
    const inputs = subgraph?.inputs;
    const target = inputs?.[input];
    if (!inputs || target === undefined || to in inputs || badName(to) !== null) return;
    delete inputs[input];
    inputs[to] = target;
    renameListed(subgraph.view, "inputs", input, to);
    for (const [scope, id, node] of usesIn(draft, name)) {
      renameGiven(node, input, to);
      renameTargets(namesOf(draft, scope), `${id}.${input}`, `${id}.${to}`);
      const view = graphDraft(draft, scope)?.view;
      const mode = view?.seeds?.[`${id}.${input}`];
      if (!view || !mode) continue;
      setInView(view, "seeds", `${id}.${to}`, mode);
      setInView(view, "seeds", `${id}.${input}`, undefined);
    }
    for (const node of takersOf(draft, before, name, catalogue)) renameGiven(node, input, to);
  });
}

export function renameOutput(name: string, output: string, to: string): Command {
  return onWorkflow("renameOutput", (draft) => {
    const subgraph = draft.subgraphs[name];
    const outputs = subgraph?.outputs;
    const source = outputs?.[output];
    if (!outputs || source === undefined || to in outputs || badName(to) !== null) return;
    delete outputs[output];
    outputs[to] = source;
    renameListed(subgraph.view, "outputs", output, to);
    for (const [scope, id] of usesIn(draft, name)) relink(draft, scope, id, output, `${id}.${to}`);
  });
}

function renameGiven(node: NodeDraft, input: string, to: string): void {
  const value = node.values[input];
  const link = node.links[input];
  if (value !== undefined) node.values[to] = value;
  if (link !== undefined) node.links[to] = link;
  delete node.values[input];
  delete node.links[input];
}

function renameTargets(
  names: Record<string, string | readonly string[]>,
  old: string,
  now: string,
): void {
  for (const name of Object.keys(names)) {
    const target = names[name] ?? [];
    if (!targetsOf(target).includes(old)) continue;
    const all = targetsOf(target).map((one) => (one === old ? now : one));
    names[name] = typeof target === "string" ? now : all;
  }
}

/** The nodes that take a subgraph as a body and hand it extra inputs by their names. */
function takersOf(
  draft: WorkflowDraft,
  before: Workflow,
  name: string,
  catalogue: Catalogue,
): readonly NodeDraft[] {
  return scopesOf(before).flatMap((scope) => {
    const nodes = graphDraft(before as WorkflowDraft, scope)?.nodes ?? {};
    return Object.keys(nodes).flatMap((id) => {
      const node = nodes[id];
      const takes = node && bodiesOf(node, catalogue).some(([, body]) => body === name);
      const hands = takes && catalogue.get(node.type)?.extra !== null;
      const found = graphDraft(draft, scope)?.nodes[id];
      return hands && found ? [found] : [];
    });
  });
}
