/** What components ask of the stores. */

import { useStore } from "zustand";
import { type Graph, graphIn, type Scope, type Workflow } from "../document/workflow";
import { NO_TAB, scopeOf, type Tab, tabs } from "./tabs";

export function useTab(): Tab {
  return useStore(tabs, (state) => state.tabs.find((one) => one.id === state.active) ?? NO_TAB);
}

export function useWorkflow(): Workflow {
  return useStore(tabs, (state) => current(state).history.present);
}

export function useScope(): Scope {
  return useStore(tabs, (state) => scopeOf(current(state).path));
}

const NO_GRAPH: Graph = { nodes: {}, view: {} };

export function useGraph(): Graph {
  const workflow = useWorkflow();
  return graphIn(workflow, useScope()) ?? NO_GRAPH;
}

export function useSelection(): ReadonlySet<string> {
  return useStore(tabs, (state) => current(state).selection);
}

function current(state: { tabs: readonly Tab[]; active: string }): Tab {
  return state.tabs.find((one) => one.id === state.active) ?? NO_TAB;
}
