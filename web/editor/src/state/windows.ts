/**
 * Telling the browser's windows apart: which of them is this one, and which others live. A lock is
 * held as long as a page lives; a page over plain HTTP from another machine has none to hold, and
 * asks the others instead.
 */

import { uniqueId } from "./ids";

/** How long a page that is reloaded may take to let go of its window's name, in ms. */
const LEAVING = 600;
/** How long other windows may take to answer. */
const ANSWERING = 200;
const WINDOW = "weft.window";
const LOCK = "weft-window-";
const ASKING = "weft-windows";

/** A name for this window. A duplicated browser tab copies the name, but cannot claim it. */
export async function claimWindow(): Promise<string> {
  const before = remembered();
  if (before && (await hold(before))) return before;
  const fresh = uniqueId();
  await hold(fresh);
  remember(fresh);
  return fresh;
}

/** The windows that are open now. */
export async function livingWindows(): Promise<ReadonlySet<string>> {
  const locks = lockManager();
  if (!locks) return answering();
  const { held = [] } = await locks.query();
  return new Set(held.map((one) => (one.name ?? "").replace(LOCK, "")));
}

/** Hold a window's name as long as the page lives. False where another window has it. */
async function hold(name: string): Promise<boolean> {
  const locks = lockManager();
  if (locks) return lock(locks, name);
  if ((await answering()).has(name)) return false;
  answer(name);
  return true;
}

function lock(locks: LockManager, name: string): Promise<boolean> {
  return new Promise((done) => {
    const signal = AbortSignal.timeout(LEAVING);
    locks
      .request(LOCK + name, { signal }, () => {
        done(true);
        return new Promise<void>(() => undefined);
      })
      .catch(() => done(false));
  });
}

function lockManager(): LockManager | undefined {
  return navigator.locks as LockManager | undefined;
}

/** The names of the windows that answer. */
function answering(): Promise<ReadonlySet<string>> {
  const channel = new BroadcastChannel(ASKING);
  const found = new Set<string>();
  channel.onmessage = ({ data }) => {
    if (typeof data === "string" && data) found.add(data);
  };
  channel.postMessage("");
  return new Promise((done) => {
    setTimeout(() => {
      channel.close();
      done(found);
    }, ANSWERING);
  });
}

/** Say the name to whoever asks, from now on. */
function answer(name: string): void {
  const channel = new BroadcastChannel(ASKING);
  channel.onmessage = ({ data }) => {
    if (data === "") channel.postMessage(name);
  };
}

function remembered(): string | null {
  try {
    return sessionStorage.getItem(WINDOW);
  } catch {
    return null;
  }
}

function remember(name: string): void {
  try {
    sessionStorage.setItem(WINDOW, name);
  } catch {
    // Where nothing may be stored, drafts are not kept either, which says so.
  }
}
