/** Named workflows on the server: opening, saving, and what to do when somebody else saved. */

import { createStore } from "zustand/vanilla";
import { fetchWorkflow, newestOf, type Stored, saveWorkflow } from "../api/client";
import { ApiError, Unreachable } from "../api/http";
import { mergeDocuments, replaceDocument, updateRequires } from "../document/commands";
import { perform } from "../document/history";
import type { Workflow } from "../document/workflow";
import { server } from "./server";
import { activateTab, isUnsaved, openTab, type Tab, tabById, tabs, updateTab } from "./tabs";

type Status = "saving" | "saved" | "conflict" | "offline" | "failed";

interface Saving {
  /** By tab. */
  readonly status: Readonly<Record<string, Status>>;
  /** What somebody else saved meanwhile, by tab. */
  readonly theirs: Readonly<Record<string, Stored>>;
  readonly message: Readonly<Record<string, string>>;
}

export const saving = createStore<Saving>(() => ({ status: {}, theirs: {}, message: {} }));

/** Open a saved workflow; one that is open already is shown. */
export async function openSaved(name: string): Promise<void> {
  const open = openTabOf(name);
  if (open) {
    activateTab(open.id);
    return;
  }
  const { workflow, revision } = await fetchWorkflow(name);
  const meanwhile = openTabOf(name);
  if (meanwhile) activateTab(meanwhile.id);
  else openTab({ workflow, name, title: name, revision });
}

/** The tab in which a saved workflow is open. */
export function openTabOf(name: string): Tab | undefined {
  return tabs.getState().tabs.find((one) => one.name === name);
}

const running = new Map<string, Promise<unknown>>();

/**
 * Do something with a tab's saved workflow after all that was begun with it: each save builds on the
 * revision that the one before it made, under the name that the tab has by then.
 */
export function inTurn<T>(id: string, work: () => Promise<T>): Promise<T> {
  const mine = (running.get(id) ?? Promise.resolve()).then(work);
  const ended = mine
    .catch(() => undefined)
    .then(() => {
      if (running.get(id) === ended) running.delete(id);
    });
  running.set(id, ended);
  return mine;
}

/** Save a tab under its name. False where that could not be done; `saving` says why. */
export function saveTab(id: string, message?: string): Promise<boolean> {
  return inTurn(id, () => saveNow(id, message));
}

async function saveNow(id: string, message?: string): Promise<boolean> {
  const tab = tabById(id);
  return tab?.name ? write(withRequires(tab), tab.name, tab.revision, message) : false;
}

/** Save a tab under a name of its own. Raises ApiError where the name is taken or impossible. */
export function saveTabAs(id: string, name: string): Promise<void> {
  return inTurn(id, async () => {
    const tab = tabById(id);
    if (!tab) return;
    const now = withRequires(tab);
    const { revision } = await saveWorkflow(name, now.history.present, 0);
    updateTab(id, () => ({ name, title: name, revision, saved: now.history.present }));
    setStatus(id, "saved");
  });
}

/** Save over what somebody else saved: their revision stays in the history. */
export function saveOver(id: string): Promise<boolean> {
  return inTurn(id, async () => {
    const tab = tabById(id);
    const theirs = saving.getState().theirs[id];
    return tab?.name && theirs ? write(withRequires(tab), tab.name, theirs.revision) : false;
  });
}

/** Take what somebody else saved in place of what is here; undo brings that back. */
export function takeTheirs(id: string, workflow = saving.getState().theirs[id]?.workflow): void {
  const theirs = saving.getState().theirs[id];
  if (!theirs || !workflow) return;
  const command = workflow === theirs.workflow ? replaceDocument : mergeDocuments;
  updateTab(id, (tab) => ({
    history: perform(tab.history, command(workflow)),
    revision: theirs.revision,
    saved: workflow === theirs.workflow ? workflow : theirs.workflow,
  }));
  setStatus(id, "saved");
}

async function write(tab: Tab, name: string, base: number, message?: string): Promise<boolean> {
  const sent = tab.history.present;
  setStatus(tab.id, "saving");
  try {
    const { revision } = await saveWorkflow(name, sent, base, message);
    updateTab(tab.id, () => ({ revision, saved: sent }));
    setStatus(tab.id, "saved");
    return true;
  } catch (error) {
    refused(tab.id, name, error);
    return false;
  }
}

function refused(id: string, name: string, error: unknown): void {
  if (error instanceof ApiError && error.status === 409) {
    const theirs = newestOf(error.body, name);
    if (theirs !== null) {
      saving.setState((state) => ({ theirs: { ...state.theirs, [id]: theirs } }));
      setStatus(id, "conflict");
      return;
    }
  }
  const message = error instanceof Error ? error.message : String(error);
  setStatus(id, error instanceof Unreachable ? "offline" : "failed", message);
}

function setStatus(id: string, status: Status, message = ""): void {
  saving.setState((state) => ({
    status: { ...state.status, [id]: status },
    message: { ...state.message, [id]: message },
  }));
}

/** A tab's workflow as a file says it: with the distributions that its nodes come from. */
export function fileOf(tab: Tab): Workflow {
  return perform(tab.history, updateRequires(server.getState().catalogue)).present;
}

/** The file says which distributions its nodes come from. */
function withRequires(tab: Tab): Tab {
  const { catalogue } = server.getState();
  const history = perform(tab.history, updateRequires(catalogue));
  if (history !== tab.history) updateTab(tab.id, () => ({ history }));
  return { ...tab, history };
}

const IDLE = 2000;

/** Save named workflows by themselves: a moment after the last change, and when the server is back. */
export function autosave(): () => void {
  const timers = new Map<string, number>();
  const soon = (id: string) => {
    clearTimeout(timers.get(id));
    timers.set(
      id,
      window.setTimeout(() => {
        timers.delete(id);
        void inTurn(id, () => saveIfNeeded(id));
      }, IDLE),
    );
  };
  const ends = [
    tabs.subscribe(({ tabs: now }, { tabs: before }) => {
      for (const tab of now) {
        const old = before.find((one) => one.id === tab.id);
        if (old && old.history.present !== tab.history.present) soon(tab.id);
      }
    }),
    server.subscribe((now, before) => {
      if (now.connection !== "open" || before.connection === "open") return;
      for (const { id } of tabs.getState().tabs) soon(id);
    }),
  ];
  return () => {
    for (const end of ends) end();
    for (const timer of timers.values()) clearTimeout(timer);
  };
}

async function saveIfNeeded(id: string): Promise<void> {
  const tab = tabById(id);
  if (!tab?.name || !isUnsaved(tab) || saving.getState().status[id] === "conflict") return;
  await saveNow(id);
}
