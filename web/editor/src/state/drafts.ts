/**
 * Open tabs, kept in the browser as they are edited: a reload or a crash brings them back, undo
 * steps included. Each window keeps its own; a new window adopts what a dead one left.
 */

import { createStore as createDatabase, del, entries, set } from "idb-keyval";
import { readWorkflow, writeWorkflow } from "../document/canonical";
import { readHistory, writeHistory } from "../document/history";
import { activateTab, addTab, type Tab, tabs } from "./tabs";

interface Draft {
  readonly window: string;
  readonly place: number;
  readonly active: boolean;
  readonly tab: Omit<Tab, "history" | "saved" | "selection">;
  readonly history: string;
  readonly saved: string | null;
}

interface Placed {
  readonly tab: Tab;
  readonly place: number;
  readonly active: boolean;
}

const DELAY = 250;
/** How long a page that is reloaded may take to let go of its window's name, in ms. */
const LEAVING = 600;
const WINDOW = "weft.window";
const LOCK = "weft-window-";
const database = createDatabase("weft", "drafts");
const written = new Map<string, Placed>();
let here = "";
let timer = 0;
let trouble: ((error: unknown) => void) | null = null;

/** Bring back this window's tabs. onTrouble is told when the browser cannot keep drafts. */
export async function restoreDrafts(onTrouble: (error: unknown) => void): Promise<void> {
  trouble = onTrouble;
  here = await claimWindow();
  try {
    const alive = await livingWindows();
    const drafts = (await entries<string, Draft>(database)).map(([, draft]) => draft);
    const mine = drafts.filter((one) => one.window === here);
    // After a crash the session is gone, but not what its windows kept.
    const kept = mine.length > 0 ? mine : drafts.filter((one) => !alive.has(one.window));
    for (const one of kept.sort((a, b) => a.place - b.place)) restore(one);
  } catch (error) {
    onTrouble(error);
  }
  tabs.subscribe(schedule);
  window.addEventListener("pagehide", () => void flush());
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") void flush();
  });
}

function restore(draft: Draft): void {
  const history = readHistory(draft.history);
  const saved = draft.saved === null ? null : readWorkflow(draft.saved);
  const same = saved !== null && writeWorkflow(saved) === writeWorkflow(history.present);
  addTab({
    ...draft.tab,
    history,
    saved: same ? history.present : saved,
    selection: new Set(),
  });
  if (draft.active) activateTab(draft.tab.id);
}

function schedule(): void {
  if (timer === 0) timer = window.setTimeout(() => void flush(), DELAY);
}

/** Write what changed since the last time. */
export async function flush(): Promise<void> {
  clearTimeout(timer);
  timer = 0;
  const { tabs: open, active } = tabs.getState();
  const ids = new Set(open.map((one) => one.id));
  const writes: Promise<void>[] = [];
  for (const [id] of written) {
    if (!ids.has(id)) {
      written.delete(id);
      writes.push(del(id, database));
    }
  }
  for (const [place, tab] of open.entries()) {
    const draft = { tab, place, active: tab.id === active };
    if (sameDraft(written.get(tab.id), draft)) continue;
    written.set(tab.id, draft);
    writes.push(set(tab.id, draftOf(draft), database));
  }
  await Promise.all(writes).catch((error) => trouble?.(error));
}

function sameDraft(old: Placed | undefined, now: Placed): boolean {
  return old?.tab === now.tab && old.place === now.place && old.active === now.active;
}

function draftOf({ tab: whole, place, active }: Placed): Draft {
  const { history, saved, selection: _, ...tab } = whole;
  return {
    window: here,
    place,
    active,
    tab,
    history: writeHistory(history),
    saved: saved === null ? null : writeWorkflow(saved),
  };
}

/** A name for this window. A duplicated browser tab copies the name, but cannot hold its lock. */
async function claimWindow(): Promise<string> {
  const before = sessionStorage.getItem(WINDOW);
  if (before && (await hold(before, LEAVING))) return before;
  const fresh = crypto.randomUUID();
  await hold(fresh, LEAVING);
  sessionStorage.setItem(WINDOW, fresh);
  return fresh;
}

/** Hold a window's lock as long as the page lives. patience: ms that another may still hold it. */
function hold(name: string, patience: number): Promise<boolean> {
  return new Promise((done) => {
    const signal = AbortSignal.timeout(patience);
    navigator.locks
      .request(LOCK + name, { signal }, () => {
        done(true);
        return new Promise<void>(() => undefined);
      })
      .catch(() => done(false));
  });
}

async function livingWindows(): Promise<ReadonlySet<string>> {
  const { held = [] } = await navigator.locks.query();
  return new Set(held.map((one) => (one.name ?? "").replace(LOCK, "")));
}
