import { beforeEach, describe, expect, it, vi } from "vitest";
import type { EventView, JobView } from "../../src/api/types";
import { EMPTY, GROUP, type Workflow } from "../../src/document/workflow";

vi.stubGlobal("navigator", { userAgent: "", language: "en" });
vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => undefined });
const { nearest } = await import("../../src/canvas/elements");
const { gesture } = await import("../../src/canvas/gesture");
const { followModel, model } = await import("../../src/canvas/model");
const { dragTo, drop } = await import("../../src/canvas/moving");
const { activeTab, enterSubgraph, leaveTo, openTab, select, updateTab } = await import(
  "../../src/state/tabs"
);
const { takeEvents, takeJobs } = await import("../../src/state/runs");

const node = { type: "t.t", version: 1, values: {}, links: {} };
const workflow: Workflow = {
  ...EMPTY,
  nodes: { a: node, far: node, other: node },
  subgraphs: { inner: { nodes: { a: node }, view: {}, inputs: {}, outputs: {} } },
  view: {
    nodes: { a: [0, 0], far: [9000, 40], other: [400, 0] },
    groups: [{ id: "g", title: "", box: [8980, 0, 600, 600] }],
  },
};

followModel();

function dragA(): void {
  dragTo(new Map([["a", [100, 20]]]), new Map([["a", [0, 0]]]));
}

beforeEach(() => {
  openTab({ workflow, title: "t" });
});

describe("dragging what is selected", () => {
  it("takes along what of it is out of sight, as one step", () => {
    select(["a", "far"]);
    dragA();
    drop();
    expect(activeTab()?.history.present.view.nodes).toMatchObject({
      a: [100, 20],
      far: [9100, 60],
      other: [400, 0],
    });
    expect(activeTab()?.history.past).toHaveLength(1);
  });

  it("takes along groups with what lies in them", () => {
    select(["a", `${GROUP}g`]);
    dragA();
    expect(gesture.getState().moved?.get("far")).toEqual([9100, 60]);
    expect(gesture.getState().moved?.get(`${GROUP}g`)).toEqual([9080, 20]);
    drop();
  });

  it("mounts nothing of it that is out of sight", () => {
    select(["a", "far"]);
    dragA();
    const { moved, held } = gesture.getState();
    const shown = { x: 0, y: 0, width: 1000, height: 1000 };
    expect([...nearest(model.getState().layout, shown, { moved, held })].sort()).toEqual([
      "a",
      "other",
    ]);
    const elsewhere = { x: 5000, y: 0, width: 10, height: 10 };
    expect(nearest(model.getState().layout, elsewhere, { moved, held })).toEqual(["a"]);
    drop();
  });

  it("moves no other node alone", () => {
    select(["far"]);
    dragA();
    expect([...(gesture.getState().moved?.keys() ?? [])]).toEqual(["a"]);
    drop();
  });
});

describe("another graph", () => {
  it("has nothing of what was done to the one before", () => {
    gesture.setState({ link: "a.x", current: "a" });
    dragA();
    enterSubgraph("inner");
    expect(gesture.getState()).toMatchObject({ link: null, moved: null, current: null });
    leaveTo(0);
    gesture.setState({ link: "a.x" });
    openTab({ workflow, title: "another" });
    expect(gesture.getState().link).toBeNull();
  });
});

it("a step that is done in a run makes no card anew", () => {
  const tab = activeTab();
  const job = { id: "j", state: "running", created: 1, nodes: {}, outputs: [], last_event: 1 };
  takeJobs([job as unknown as JobView]);
  updateTab(tab?.id ?? "", () => ({ job: "j" }));
  const progress = (done: number): EventView => {
    return {
      number: null,
      job: "j",
      time: 1,
      event: "progress",
      data: { node: "a", done, total: 9 },
    };
  };
  takeEvents([progress(1)]);
  const before = model.getState();
  expect(before.layout.sizes.get("a")?.foot).not.toBeNull();
  takeEvents([progress(2)]);
  expect(model.getState()).toBe(before);
});
