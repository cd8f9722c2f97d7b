import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { replaceDocument } from "../../src/document/commands";
import { EMPTY, type NodeDocument, type Workflow } from "../../src/document/workflow";
import { compareWith, comparison, leaveComparison } from "../../src/state/comparison";
import { activateTab, closeTab, enterSubgraph, openTab, run, tabs } from "../../src/state/tabs";

function node(values: NodeDocument["values"] = {}): NodeDocument {
  return { type: "latent.sample", version: 1, values, links: {} };
}

const INNER = { nodes: { deep: node() }, view: {}, inputs: {}, outputs: {} };
const BEFORE: Workflow = {
  ...EMPTY,
  nodes: { kept: node(), other: node({ steps: 1 }), gone: node() },
  view: { nodes: { gone: [40, 60] } },
  subgraphs: { inner: INNER },
};
const NOW: Workflow = {
  ...EMPTY,
  nodes: { kept: node(), other: node({ steps: 2 }), come: node() },
  subgraphs: { inner: { ...INNER, nodes: { deep: node({ x: 1 }) } } },
};

let tab = "";
beforeEach(() => {
  tab = openTab({ workflow: NOW, title: "A" });
});
afterEach(() => {
  leaveComparison();
  tabs.setState({ tabs: [], active: "" });
});

describe("a comparison", () => {
  it("marks what differs and keeps what is gone as ghosts", () => {
    compareWith(tab, BEFORE, "Revision 1");
    expect(comparison.getState()).toMatchObject({
      label: "Revision 1",
      marks: { other: "changed", come: "added", gone: "removed" },
      ghosts: [{ id: "gone", at: [40, 60] }],
    });
  });

  it("follows edits", () => {
    compareWith(tab, BEFORE, "");
    run(replaceDocument(BEFORE));
    expect(comparison.getState().marks).toEqual({});
  });

  it("follows into subgraphs", () => {
    compareWith(tab, BEFORE, "");
    enterSubgraph("inner");
    expect(comparison.getState().marks).toEqual({ deep: "changed" });
  });

  it("leaves other tabs alone, and ends with its own", () => {
    compareWith(tab, BEFORE, "");
    openTab({ workflow: NOW, title: "B" });
    expect(comparison.getState().marks).toEqual({});
    activateTab(tab);
    expect(comparison.getState().marks).not.toEqual({});
    closeTab(tab);
    expect(comparison.getState().before).toBeNull();
  });
});
