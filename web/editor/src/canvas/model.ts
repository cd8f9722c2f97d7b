/**
 * What the canvas draws, made of the shown workflow whenever something changes. Every card is the
 * same object as before unless it must be drawn anew, so an edit redraws what it touched.
 */

import { createStore } from "zustand/vanilla";
import type { Catalogue, NodeSpec } from "../document/catalogue";
import type { NodeSize, SizeExtras } from "../document/geometry";
import { linksOf } from "../document/links";
import { type NodeSockets, socketsOf } from "../document/sockets";
import { emptyRecord } from "../document/value";
import {
  type Endpoint,
  type Graph,
  graphIn,
  type NodeDocument,
  parseLink,
  parseTarget,
  type Scope,
  type Workflow,
} from "../document/workflow";
import { type NodeProblem, problemsOfShown } from "../panels/problems";
import { forecast } from "../state/forecast";
import { flatId, nodePlan, nodeRun } from "../state/node_runs";
import { refusals } from "../state/running";
import { type JobRun, runs } from "../state/runs";
import { server } from "../state/server";
import { activeTab, NO_TAB, scopeOf, type Tab, tabs } from "../state/tabs";
import { letGo } from "./gesture";
import { type Layout, layoutOf } from "./layout";

export interface Card {
  readonly id: string;
  readonly scope: Scope;
  readonly node: NodeDocument;
  readonly sockets: NodeSockets;
  readonly size: NodeSize;
  readonly problems: readonly NodeProblem[];
  /** The titles of what the linked inputs come from, by input. */
  readonly sources: Readonly<Record<string, string>>;
  /** Output sockets that something is linked to. */
  readonly used: readonly string[];
  /** Inputs that the subgraph takes from its uses. */
  readonly exposed: readonly string[];
  readonly seeds: Readonly<Record<string, "random" | "increment">>;
}

export interface Model {
  readonly tab: string;
  readonly scope: Scope;
  readonly workflow: Workflow;
  readonly graph: Graph;
  readonly catalogue: Catalogue;
  readonly layout: Layout;
  readonly links: readonly { readonly from: Endpoint; readonly to: Endpoint }[];
  readonly cards: ReadonlyMap<string, Card>;
}

const NO_GRAPH: Graph = { nodes: {}, view: {} };
const NO_NAMES: readonly string[] = [];
const NO_PROBLEMS: readonly NodeProblem[] = [];
const NO_SEEDS: Card["seeds"] = {};

export const model = createStore<Model>(() => build(null, NO_TAB));

function build(old: Model | null, tab: Tab): Model {
  const workflow = tab.history.present;
  const scope = scopeOf(tab.path);
  const { catalogue } = server.getState();
  const graph = graphIn(workflow, scope) ?? NO_GRAPH;
  const problems = problemsByNode(tab, scope);
  const extras = extrasOf(tab, scope, graph, catalogue, problems);
  const layout = steady(old, layoutOf(workflow, scope, catalogue, extras));
  const links = old?.graph === graph ? old.links : linksOf(graph);
  const used = usedOutputs(links);
  const exposed = exposedInputs(workflow, scope);
  const seeds = seedsByNode(graph);
  const cards = new Map<string, Card>();
  for (const [id, node] of Object.entries(graph.nodes)) {
    const size = layout.sizes.get(id);
    if (!size) continue;
    const card: Card = {
      id,
      scope,
      node,
      size,
      sockets: socketsOf(workflow, scope, id, catalogue),
      problems: problems.get(id) ?? NO_PROBLEMS,
      sources: sourcesOf(workflow, scope, node, catalogue),
      used: used.get(id) ?? [],
      exposed: exposed.get(id) ?? NO_NAMES,
      seeds: seeds.get(id) ?? NO_SEEDS,
    };
    const before = old?.cards.get(id);
    cards.set(id, before && sameCard(before, card) ? before : card);
  }
  return { tab: tab.id, scope, workflow, graph, catalogue, layout, links, cards };
}

/** A layout whose sizes are the same objects as before where they say the same. */
function steady(old: Model | null, layout: Layout): Layout {
  if (!old) return layout;
  const sizes = new Map<string, NodeSize>();
  for (const [id, size] of layout.sizes) {
    const before = old.layout.sizes.get(id);
    sizes.set(id, before && equal(before, size) ? before : size);
  }
  return { ...layout, sizes };
}

function sameCard(a: Card, b: Card): boolean {
  return (
    a.node === b.node &&
    a.scope === b.scope &&
    a.size === b.size &&
    equal(a.sockets, b.sockets) &&
    equal(a.problems, b.problems) &&
    equal(a.sources, b.sources) &&
    equal(a.used, b.used) &&
    equal(a.exposed, b.exposed) &&
    equal(a.seeds, b.seeds)
  );
}

/** Whether two small values of plain data say the same. */
export function equal(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) =>
    equal((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
  );
}

function problemsByNode(tab: Tab, scope: Scope): ReadonlyMap<string, readonly NodeProblem[]> {
  const found = new Map<string, NodeProblem[]>();
  for (const one of problemsOfShown(tab)) {
    if (one.scope !== scope || one.node === undefined) continue;
    const list = found.get(one.node) ?? [];
    list.push(one);
    found.set(one.node, list);
  }
  return found;
}

function usedOutputs(links: Model["links"]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const { from } of links) {
    const list = found.get(from.node) ?? [];
    if (!list.includes(from.socket)) list.push(from.socket);
    found.set(from.node, list);
  }
  return found;
}

function exposedInputs(workflow: Workflow, scope: Scope): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  const inputs = scope === null ? {} : (workflow.subgraphs[scope]?.inputs ?? {});
  for (const path of Object.values(inputs).flat()) {
    const inner = parseLink(path);
    if (inner) found.set(inner.node, [...(found.get(inner.node) ?? []), inner.socket]);
  }
  return found;
}

function sourcesOf(workflow: Workflow, scope: Scope, node: NodeDocument, catalogue: Catalogue) {
  const found = emptyRecord<string>();
  for (const [input, text] of Object.entries(node.links)) {
    const from = parseLink(text);
    const exists = from !== null && graphIn(workflow, scope)?.nodes[from.node] !== undefined;
    found[input] = exists ? socketsOf(workflow, scope, from.node, catalogue).title : text;
  }
  return found;
}

function seedsByNode(graph: Graph): ReadonlyMap<string, Card["seeds"]> {
  const found = new Map<string, Record<string, "random" | "increment">>();
  for (const [path, mode] of Object.entries(graph.view.seeds ?? {})) {
    const target = parseTarget(path);
    if (!target) continue;
    const seeds = found.get(target.node) ?? emptyRecord();
    seeds[target.socket] = mode;
    found.set(target.node, seeds);
  }
  return found;
}

/** What the run, the forecast and problems add to the nodes' sizes: a picture, a foot, messages. */
function extrasOf(
  tab: Tab,
  scope: Scope,
  graph: Graph,
  catalogue: Catalogue,
  problems: ReadonlyMap<string, readonly NodeProblem[]>,
): ReadonlyMap<string, SizeExtras> {
  const run = tab.job ? runs.getState().jobs[tab.job] : undefined;
  const { of, plan } = forecast.getState();
  const planned = of === tab.history.present ? plan : null;
  const found = new Map<string, SizeExtras>();
  for (const [id, node] of Object.entries(graph.nodes)) {
    const flat = flatId(tab.uses, id);
    const state = flat === null ? undefined : nodeRun(run, flat);
    const action = nodePlan(planned, flat)?.action;
    const picture = flat === null ? undefined : aspectOf(run, flat);
    const previewAspect = picture ?? curveAspect(catalogue.get(node.type));
    const foot = state !== undefined || action === "run" || action === "cached";
    const told = problems.get(id);
    const sockets = told && socketsOf(tab.history.present, scope, id, catalogue);
    const errors = told && sockets ? messagesOf(sockets, node, told) : NO_NAMES;
    if (foot || previewAspect !== undefined || errors.length > 0)
      found.set(id, { foot, errors, ...(previewAspect === undefined ? {} : { previewAspect }) });
  }
  return found;
}

/** The inputs with a message under their fields. */
function messagesOf(
  { inputs }: NodeSockets,
  node: NodeDocument,
  problems: readonly NodeProblem[],
): readonly string[] {
  return inputs
    .filter(({ name, literal }) => literal && !(name in node.links))
    .map(({ name }) => name)
    .filter((name) => problems.some(({ input }) => input === name));
}

/** A node that makes noise levels shows them as a curve. */
function curveAspect(spec: NodeSpec | undefined): number | undefined {
  return spec && drawsCurve(spec) ? 3.2 : undefined;
}

export function drawsCurve(spec: NodeSpec): boolean {
  return spec.chart === true && spec.outputs.some((one) => one.kind === "sigmas");
}

function aspectOf(run: JobRun | undefined, flat: string): number | undefined {
  const picture = run?.job.outputs.find(
    (one) => one.node === flat && one.mime?.startsWith("image/"),
  );
  if (picture) return (picture.width ?? 1) / (picture.height ?? 1);
  return run?.previews[flat] === undefined ? undefined : 1;
}

const told = new WeakMap<JobRun["nodes"], string>();

/** Of which nodes a run tells something: how far each has come changes nothing here. */
function toldOf(nodes: JobRun["nodes"]): string {
  const known = told.get(nodes);
  if (known !== undefined) return known;
  const names = Object.keys(nodes).join(":");
  told.set(nodes, names);
  return names;
}

/** Follow the stores. Gives the function that stops it. */
export function followModel(): () => void {
  const update = () => {
    const tab = activeTab() ?? NO_TAB;
    const now = model.getState();
    if (now.tab !== tab.id || now.scope !== scopeOf(tab.path)) letGo();
    // Another tab's nodes are others, whatever their names.
    model.setState(build(now.tab === tab.id ? now : null, tab), true);
  };
  let seen: unknown[] = [];
  const updateIfNew = () => {
    const tab = activeTab() ?? NO_TAB;
    const run = tab.job ? runs.getState().jobs[tab.job] : undefined;
    const parts = [
      tab.id,
      tab.history.present,
      tab.path,
      tab.uses,
      server.getState().catalogue,
      run && toldOf(run.nodes),
      run?.job.outputs,
      run?.job.error,
      Object.keys(run?.previews ?? {}).join(),
      forecast.getState().plan,
      forecast.getState().of,
      refusals.getState().byTab[tab.id],
    ];
    if (parts.every((one, index) => one === seen[index])) return;
    seen = parts;
    update();
  };
  updateIfNew();
  const ends = [tabs, server, runs, forecast, refusals].map((store) =>
    store.subscribe(updateIfNew),
  );
  return () => {
    for (const end of ends) end();
  };
}
