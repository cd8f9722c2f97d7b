/**
 * Open tabs, kept in the browser as they are edited: a reload or a crash brings them back, undo
 * steps included. Each window keeps its own; a new window adopts what a dead one left.
 */

import { createStore as createDatabase, del, entries, set } from "idb-keyval";
import { readWorkflow, writeWorkflow } from "../document/canonical";
import { type History, readHistory, salvageHistory, writeHistory } from "../document/history";
import { activateTab, addTab, type Tab, tabById, tabs } from "./tabs";
import { claimWindow, livingWindows } from "./windows";

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
/** The place of a draft of which it is not known whether it was written. */
const UNKNOWN = -1;
const database = createDatabase("weft", "drafts");
const written = new Map<string, Placed>();
let here = "";
let timer = 0;
let trouble: ((error: unknown) => void) | null = null;
let failing = false;

/** Bring back this window's tabs. onTrouble is told when the browser cannot keep drafts. */
export async function restoreDrafts(onTrouble: (error: unknown) => void): Promise<void> {
  trouble = onTrouble;
  try {
    here = await claimWindow();
    const alive = await livingWindows();
    const drafts = (await entries<string, Draft>(database)).map(([, draft]) => draft);
    const mine = drafts.filter((one) => one.window === here);
    // After a crash the session is gone, but not what its windows kept.
    const kept = mine.length > 0 ? mine : drafts.filter((one) => !alive.has(one.window));
    for (const one of kept.sort((a, b) => a.place - b.place)) restore(one);
    const shown = kept.find((one) => one.active)?.tab.id;
    if (shown !== undefined && tabById(shown)) activateTab(shown);
    // What was adopted is this window's from now on, before another one looks for it.
    await flush();
  } catch (error) {
    onTrouble(error);
  }
  tabs.subscribe(schedule);
  window.addEventListener("pagehide", () => void flush());
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") void flush();
  });
}

/** Show a draft again. One that is damaged hides none of the others. */
function restore(draft: Draft): void {
  try {
    show(draft);
  } catch (error) {
    trouble?.(error);
  }
}

function show(draft: Draft): void {
  const history = historyOf(draft.history);
  const saved = draft.saved === null ? null : readWorkflow(draft.saved);
  const same = saved !== null && writeWorkflow(saved) === writeWorkflow(history.present);
  addTab({
    ...draft.tab,
    history,
    saved: same ? history.present : saved,
    selection: new Set(),
  });
}

function historyOf(text: string): History {
  try {
    return readHistory(text);
  } catch (error) {
    const rest = salvageHistory(text);
    if (rest === null) throw error;
    return rest;
  }
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
    const old = written.get(tab.id);
    written.set(tab.id, draft);
    if (sameDraft(old, draft)) continue;
    writes.push(set(tab.id, draftOf(draft), database));
  }
  await Promise.all(writes).then(
    () => {
      failing = false;
    },
    (error: unknown) => {
      // Said once, not with every letter that is typed; and all is written again with the next one.
      if (!failing) trouble?.(error);
      failing = true;
      for (const [id, one] of written) written.set(id, { ...one, place: UNKNOWN });
    },
  );
}

/** Whether a draft says the same. What is selected is not kept, so a click writes nothing. */
function sameDraft(old: Placed | undefined, now: Placed): boolean {
  if (old?.place !== now.place || old.active !== now.active) return false;
  const keys = Object.keys(now.tab) as (keyof Tab)[];
  return keys.every((key) => key === "selection" || old.tab[key] === now.tab[key]);
}

function draftOf({ tab: whole, place, active }: Placed): Draft {
  const { history, saved, selection: _, ...tab } = whole;
  return {
    window: here,
    place,
    active,
    tab,
    history: textOf(history, writeHistory),
    saved: saved === null ? null : textOf(saved, writeWorkflow),
  };
}

const texts = new WeakMap<object, string>();

/** What is written of something that never changes: a viewport that moves writes no document anew. */
function textOf<T extends object>(one: T, write: (one: T) => string): string {
  const known = texts.get(one);
  if (known !== undefined) return known;
  const text = write(one);
  texts.set(one, text);
  return text;
}
