import { describe, expect, it, vi } from "vitest";

vi.stubGlobal("navigator", { userAgent: "", language: "en" });
vi.stubGlobal("localStorage", { getItem: () => null });
const { editActions, fileActions, graphActions, runActions, viewActions } = await import(
  "../../src/app/graph_actions"
);
const { panelActions } = await import("../../src/panels/actions");
const { clashes } = await import("../../src/panels/keybinding");
const { en } = await import("../../src/i18n/en");

const ALL = [
  ...fileActions,
  ...editActions,
  ...graphActions,
  ...viewActions,
  ...runActions,
  ...panelActions,
];

describe("the actions of the page", () => {
  it("have keys of their own", () => {
    expect([...clashes(ALL, {})]).toEqual([]);
  });

  it("have names of their own, and words", () => {
    expect(new Set(ALL.map((one) => one.id)).size).toBe(ALL.length);
    expect(ALL.filter((one) => !(one.label in en))).toEqual([]);
  });
});
