/** Named workflows on the server: opening, saving, and what to do when somebody else saved. */

import { createStore } from "zustand/vanilla";
import { fetchWorkflow, newestOf, type Stored, saveWorkflow } from "../api/client";
import { ApiError, Unreachable } from "../api/http";
import { mergeDocuments, replaceDocument, updateRequires } from "../document/commands";
import { perform } from "../document/history";
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
  const open = tabs.getState().tabs.find((one) => one.name === name);
  if (open) {
    activateTab(open.id);
    return;
  }
  const { workflow, revision } = await fetchWorkflow(name);
  openTab({ workflow, name, title: name, revision });
}

/** Save a tab under its name. False where that could not be done; `saving` says why. */
export async function saveTab(id: string, message?: string): Promise<boolean> {
  const tab = tabById(id);
  if (!tab?.name || saving.getState().status[id] === "saving") return false;
  return write(withRequires(tab), tab.name, tab.revision, message);
}

/** Save a tab under a name of its own. Raises ApiError where the name is taken or impossible. */
export async function saveTabAs(id: string, name: string): Promise<void> {
  const tab = tabById(id);
  if (!tab) return;
  const now = withRequires(tab);
  const { revision } = await saveWorkflow(name, now.history.present, 0);
  updateTab(id, () => ({ name, title: name, revision, saved: now.history.present }));
  setStatus(id, "saved");
}

/** Save over what somebody else saved: their revision stays in the history. */
export async function saveOver(id: string): Promise<boolean> {
  const tab = tabById(id);
  const theirs = saving.getState().theirs[id];
  if (!tab?.name || !theirs) return false;
  return write(tab, tab.name, theirs.revision);
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

/** The file says which distributions its nodes come from. */
function withRequires(tab: Tab): Tab {
  const { catalogue } = server.getState();
  const history = perform(tab.history, updateRequires(catalogue));
  if (history !== tab.history) updateTab(tab.id, () => ({ history }));
  return { ...tab, history };
}

const IDLE = 2000;

/** Save named workflows by themselves, a moment after the last change. */
export function autosave(): () => void {
  const timers = new Map<string, number>();
  return tabs.subscribe(({ tabs: now }, { tabs: before }) => {
    for (const tab of now) {
      const old = before.find((one) => one.id === tab.id);
      if (!tab.name || !old || old.history.present === tab.history.present) continue;
      if (saving.getState().status[tab.id] === "conflict") continue;
      clearTimeout(timers.get(tab.id));
      timers.set(
        tab.id,
        window.setTimeout(() => void saveIfNeeded(tab.id), IDLE),
      );
    }
  });
}

async function saveIfNeeded(id: string): Promise<void> {
  const tab = tabById(id);
  if (tab && isUnsaved(tab)) await saveTab(id);
}
