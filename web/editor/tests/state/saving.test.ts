import { beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError, Unreachable } from "../../src/api/http";
import * as commands from "../../src/document/commands";
import { EMPTY, type Workflow } from "../../src/document/workflow";
import { CATALOGUE } from "../document/nodes";

vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => undefined });
vi.stubGlobal("window", globalThis);

interface Sent {
  readonly name: string;
  readonly revision: number;
  readonly requires: Readonly<Record<string, string>>;
  answer(result: { revision: number } | Error): void;
}
const sent: Sent[] = [];
let fetches = 0;
vi.mock("../../src/api/client", async (actual) => ({
  ...(await actual<object>()),
  saveWorkflow: (name: string, { requires }: Workflow, revision: number) =>
    new Promise((done, fail) => {
      const answer = (one: object) => (one instanceof Error ? fail(one) : done(one));
      sent.push({ name, revision, requires, answer });
    }),
  fetchWorkflow: async (name: string) => {
    fetches++;
    return { name, revision: 1, workflow: EMPTY };
  },
}));

const { autosave, fileOf, openSaved, saveOver, saveTab, saveTabAs, saving } = await import(
  "../../src/state/saving"
);
const { closeTab, openTab, run, tabById, tabs } = await import("../../src/state/tabs");
const { server } = await import("../../src/state/server");

const note = (text: string) => run(commands.addNote(null, { text, at: { x: 0, y: 0 } }));
const named = () => openTab({ workflow: EMPTY, name: "mine", title: "mine", revision: 1 });
const settle = () => vi.advanceTimersByTimeAsync(0);

beforeEach(() => {
  vi.useFakeTimers();
  for (const { id } of tabs.getState().tabs) closeTab(id);
  sent.length = 0;
  fetches = 0;
  return () => vi.useRealTimers();
});

describe("saving while a save is on its way", () => {
  it("waits for it and builds on its revision", async () => {
    const id = named();
    note("one");
    const first = saveTab(id);
    await settle();
    note("two");
    const second = saveTab(id);
    await settle();
    expect(sent).toHaveLength(1);
    sent[0]?.answer({ revision: 2 });
    await settle();
    expect(sent[1]).toMatchObject({ name: "mine", revision: 2 });
    sent[1]?.answer({ revision: 3 });
    expect(await Promise.all([first, second])).toEqual([true, true]);
  });

  it("goes on after one that failed, and under another name from then on", async () => {
    const id = named();
    const first = saveTab(id);
    const other = saveTabAs(id, "other");
    await settle();
    sent[0]?.answer(new ApiError(500, "internal", "no"));
    await settle();
    sent[1]?.answer({ revision: 1 });
    await Promise.all([first, other]);
    expect(tabById(id)).toMatchObject({ name: "other", revision: 1 });
    expect(saving.getState().status[id]).toBe("saved");
  });
});

it("says in every file which distributions its nodes come from", async () => {
  server.setState({ catalogue: CATALOGUE });
  const id = named();
  const add = (type: string) =>
    run(commands.addNode(null, CATALOGUE, { type, at: { x: 0, y: 0 } }));
  add("acme:image.glow");
  const requires = { "acme-nodes": ">=1.4" };
  const tab = tabById(id);
  expect(tab && fileOf(tab).requires).toEqual(requires);
  expect(tabById(id)?.history).toBe(tab?.history);
  const refused = saveTab(id);
  await settle();
  const newest = JSON.stringify({ error: { revision: 4, workflow: { weft: 1 } } });
  sent[0]?.answer(new ApiError(409, "conflict", "no", [], newest));
  expect(await refused).toBe(false);
  add("image.load");
  const over = saveOver(id);
  await settle();
  sent[1]?.answer({ revision: 5 });
  expect(await over).toBe(true);
  const other = saveTabAs(id, "other");
  await settle();
  sent[2]?.answer({ revision: 1 });
  await other;
  expect(sent.map((one) => [one.revision, one.requires])).toEqual([
    [1, requires],
    [4, { ...requires, weft: ">=0.1.0" }],
    [0, { ...requires, weft: ">=0.1.0" }],
  ]);
});

describe("saving by itself", () => {
  it("saves what changed while a slow save was on its way", async () => {
    const stop = autosave();
    named();
    note("one");
    await vi.advanceTimersByTimeAsync(2000);
    note("two");
    await vi.advanceTimersByTimeAsync(3000);
    expect(sent).toHaveLength(1);
    sent[0]?.answer({ revision: 2 });
    await settle();
    expect(sent).toHaveLength(2);
    sent[1]?.answer({ revision: 3 });
    await settle();
    stop();
  });

  it("saves when the server is back what could not be saved without it", async () => {
    server.setState({ connection: "open" });
    const stop = autosave();
    const id = named();
    note("one");
    await vi.advanceTimersByTimeAsync(2000);
    sent[0]?.answer(new Unreachable());
    await settle();
    expect(saving.getState().status[id]).toBe("offline");
    server.setState({ connection: "lost" });
    server.setState({ connection: "open" });
    await vi.advanceTimersByTimeAsync(2000);
    expect(sent).toHaveLength(2);
    sent[1]?.answer({ revision: 2 });
    await settle();
    expect(saving.getState().status[id]).toBe("saved");
    stop();
  });
});

it("opens a saved workflow once, however often it is asked for", async () => {
  await Promise.all([openSaved("mine"), openSaved("mine")]);
  expect(fetches).toBe(2);
  expect(tabs.getState().tabs).toHaveLength(1);
});
