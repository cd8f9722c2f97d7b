/** The open workflows: each with its history, selection, and what it was saved as. */

import { createStore } from "zustand/vanilla";
import {
  begin,
  type Command,
  type History,
  perform,
  redo as redoHistory,
  seal as sealHistory,
  undo as undoHistory,
} from "../document/history";
import { standing } from "../document/standing";
import {
  EMPTY,
  GROUP,
  type Graph,
  graphIn,
  NOTE,
  type Scope,
  type Workflow,
} from "../document/workflow";
import { uniqueId } from "./ids";
import { server } from "./server";

export interface Viewport {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
}

export interface Tab {
  readonly id: string;
  /** The name it is saved under on the server; null where it never was. */
  readonly name: string | null;
  /** What the tab is called meanwhile. */
  readonly title: string;
  /** The server's revision that it was made from; 0 for none. */
  readonly revision: number;
  /** The document of that revision: what is compared to tell whether something is unsaved. */
  readonly saved: Workflow | null;
  readonly history: History;
  /** The subgraphs that were entered, outermost first. */
  readonly path: readonly string[];
  /** By which node each of them was entered; null where by its name alone. */
  readonly uses: readonly (string | null)[];
  readonly selection: ReadonlySet<string>;
  readonly viewports: Readonly<Record<string, Viewport>>;
  /** The newest job that was started from it. */
  readonly job: string | null;
}

interface Tabs {
  readonly tabs: readonly Tab[];
  readonly active: string;
}

export const tabs = createStore<Tabs>(() => ({ tabs: [], active: "" }));

export interface Opened {
  readonly workflow: Workflow;
  readonly name?: string | null;
  readonly title: string;
  readonly revision?: number;
  readonly job?: string | null;
}

/** Open a workflow in a tab of its own and show it. */
export function openTab(one: Opened): string {
  const id = uniqueId();
  const saved = one.name ? one.workflow : null;
  addTab({
    id,
    name: one.name ?? null,
    title: one.title,
    revision: one.revision ?? 0,
    saved,
    history: begin(one.workflow),
    path: [],
    uses: [],
    selection: new Set(),
    viewports: {},
    job: one.job ?? null,
  });
  return id;
}

export function addTab(tab: Tab): void {
  tabs.setState((state) => ({ tabs: [...state.tabs, tab], active: tab.id }));
}

export function closeTab(id: string): void {
  tabs.setState((state) => {
    const index = state.tabs.findIndex((one) => one.id === id);
    const rest = state.tabs.filter((one) => one.id !== id);
    const next = rest[Math.min(index, rest.length - 1)]?.id ?? "";
    return { tabs: rest, active: state.active === id ? next : state.active };
  });
}

export function activateTab(id: string): void {
  tabs.setState({ active: id });
}

export function activeTab(): Tab | undefined {
  const { tabs: all, active } = tabs.getState();
  return all.find((one) => one.id === active);
}

export function tabById(id: string): Tab | undefined {
  return tabs.getState().tabs.find((one) => one.id === id);
}

export function updateTab(id: string, change: (tab: Tab) => Partial<Tab>): void {
  tabs.setState((state) => ({
    tabs: state.tabs.map((one) => (one.id === id ? { ...one, ...change(one) } : one)),
  }));
}

function updateActive(change: (tab: Tab) => Partial<Tab>): void {
  updateTab(tabs.getState().active, change);
}

/** Change the shown workflow. One command is one step of undo, unless it merges with the last. */
export function run(command: Command): void {
  const whole = standing(command, server.getState().catalogue);
  updateActive((tab) => settled(tab, perform(tab.history, whole)));
}

/** End a gesture: what follows is a step of its own. */
export function sealStep(): void {
  updateActive((tab) => ({ history: sealHistory(tab.history) }));
}

export function undo(): void {
  updateActive((tab) => settled(tab, undoHistory(tab.history)));
}

export function redo(): void {
  updateActive((tab) => settled(tab, redoHistory(tab.history)));
}

/** A tab's other fields after its document changed: nothing may point to what is gone. */
function settled(tab: Tab, history: History): Partial<Tab> {
  const path = livePath(history.present, tab.path);
  const moved = path.length !== tab.path.length;
  const graph = moved ? undefined : graphIn(history.present, scopeOf(path));
  const live = [...tab.selection].filter((id) => graph && isThere(graph, id));
  const selection = live.length === tab.selection.size ? tab.selection : new Set(live);
  const uses = moved ? tab.uses.slice(0, path.length) : tab.uses;
  return { history, path, uses, selection };
}

function isThere({ nodes, view }: Graph, id: string): boolean {
  if (id.startsWith(NOTE)) return view.notes?.some((one) => NOTE + one.id === id) === true;
  if (id.startsWith(GROUP)) return view.groups?.some((one) => GROUP + one.id === id) === true;
  return id in nodes;
}

function livePath(workflow: Workflow, path: readonly string[]): readonly string[] {
  const end = path.findIndex((name) => !(name in workflow.subgraphs));
  return end < 0 ? path : path.slice(0, end);
}

export function scopeOf(path: readonly string[]): Scope {
  return path.at(-1) ?? null;
}

export function select(ids: Iterable<string>): void {
  updateActive(() => ({ selection: new Set(ids) }));
}

/** Show a subgraph. use: the node that was entered; what runs inside is told under its id. */
export function enterSubgraph(name: string, use: string | null = null): void {
  updateActive((tab) => ({
    path: [...tab.path, name],
    uses: [...tab.uses, use],
    selection: new Set(),
  }));
}

/** Go up to the workflow (0) or to the subgraph at a depth. */
export function leaveTo(depth: number): void {
  updateActive((tab) => ({
    path: tab.path.slice(0, depth),
    uses: tab.uses.slice(0, depth),
    selection: new Set(),
  }));
}

export function setViewport(id: string, scope: Scope, viewport: Viewport): void {
  updateTab(id, (tab) => ({ viewports: { ...tab.viewports, [scope ?? ""]: viewport } }));
}

/** Where a graph of a tab was looked at last. */
export function viewportOf(tab: Tab | undefined, scope: Scope): Viewport | undefined {
  const key = scope ?? "";
  // A subgraph may be called as what every object has, such as "constructor".
  return tab && Object.hasOwn(tab.viewports, key) ? tab.viewports[key] : undefined;
}

export function isUnsaved(tab: Tab): boolean {
  return tab.saved === null ? tab.history.past.length > 0 : tab.saved !== tab.history.present;
}

export const NO_TAB: Tab = {
  id: "",
  name: null,
  title: "",
  revision: 0,
  saved: null,
  history: begin(EMPTY),
  path: [],
  uses: [],
  selection: new Set(),
  viewports: {},
  job: null,
};
