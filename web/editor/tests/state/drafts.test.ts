import { beforeEach, describe, expect, it, vi } from "vitest";
import { writeWorkflow } from "../../src/document/canonical";
import { begin, writeHistory } from "../../src/document/history";
import { EMPTY } from "../../src/document/workflow";

const kept = new Map<string, unknown>();
const writes: string[] = [];
let broken = false;
vi.mock("idb-keyval", () => ({
  createStore: () => null,
  entries: async () => [...kept],
  del: async (key: string) => void kept.delete(key),
  set: async (key: string, value: unknown) => {
    if (broken) throw new Error("no room");
    writes.push(key);
    kept.set(key, value);
  },
}));
const session = new Map<string, string>();
vi.stubGlobal("sessionStorage", {
  getItem: (key: string) => session.get(key) ?? null,
  setItem: (key: string, value: string) => session.set(key, value),
});
const page = { addEventListener: () => undefined, setTimeout, visibilityState: "visible" };
vi.stubGlobal("window", page);
vi.stubGlobal("document", page);
// As a page has it that came over plain HTTP from another machine.
vi.stubGlobal("navigator", {});

function draft(id: string, history = writeHistory(begin(EMPTY))) {
  const tab = { id, name: null, title: id, revision: 0, path: [], uses: [], viewports: {} };
  return {
    window: "gone",
    place: 0,
    active: false,
    tab: { ...tab, job: null },
    history,
    saved: null,
  };
}

async function started() {
  vi.resetModules();
  const state = await import("../../src/state/tabs");
  const drafts = await import("../../src/state/drafts");
  const troubles: unknown[] = [];
  await drafts.restoreDrafts((error) => troubles.push(error));
  return {
    ...state,
    ...drafts,
    troubles,
    titles: () => state.tabs.getState().tabs.map((one) => one.title),
  };
}

beforeEach(() => {
  kept.clear();
  session.clear();
  writes.length = 0;
  broken = false;
});

describe("drafts", () => {
  it("are adopted from windows that are gone, and at once this window's own", async () => {
    kept.set("a", draft("a"));
    expect((await started()).titles()).toEqual(["a"]);
    expect(kept.get("a")).toMatchObject({ window: session.get("weft.window") });
  });

  it("come back though one is damaged, of which the document is kept where it is whole", async () => {
    kept.set("a", draft("a", "{"));
    kept.set("b", draft("b", `{"present":${writeWorkflow(EMPTY)},"past":[1],"future":[]}`));
    kept.set("c", draft("c"));
    const { titles, troubles } = await started();
    expect(titles()).toEqual(["b", "c"]);
    expect(troubles).toHaveLength(1);
  });

  it("are not written for a click, and say once that they cannot be written", async () => {
    const { openTab, select, activeTab, updateTab, flush, troubles } = await started();
    openTab({ workflow: EMPTY, title: "one" });
    await flush();
    expect(writes).toHaveLength(1);
    select(["x"]);
    await flush();
    expect(writes).toHaveLength(1);
    broken = true;
    for (const title of ["two", "three"]) {
      updateTab(activeTab()?.id ?? "", () => ({ title }));
      await flush();
    }
    expect(troubles).toHaveLength(1);
    broken = false;
    await flush();
    expect([...kept.values()]).toMatchObject([{ tab: { title: "three" } }]);
  });
});

describe("windows without locks", () => {
  it("hear of each other", async () => {
    const { claimWindow, livingWindows } = await import("../../src/state/windows");
    const first = await claimWindow();
    expect(await livingWindows()).toContain(first);
    // A duplicated browser tab has the same session.
    expect(await claimWindow()).not.toBe(first);
  });
});
