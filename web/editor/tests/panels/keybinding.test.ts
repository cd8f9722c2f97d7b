import { describe, expect, it } from "vitest";
import type { Action } from "../../src/app/actions";
import { chordsNow, clashes, holdersOf, taken, withChords } from "../../src/panels/keybinding";

const action = (id: string, keys?: string) => ({ id, ...(keys ? { keys } : {}) }) as Action;
const RUN = action("run", "Mod+Enter");
const REDO = action("redo", "Mod+Y Mod+Shift+Z");
const FIT = action("fit");
const ALL = [RUN, REDO, FIT];

describe("keys of actions", () => {
  it("are the usual ones until they are set, and none where they are set to none", () => {
    expect(chordsNow(REDO, {})).toEqual(["Mod+Y", "Mod+Shift+Z"]);
    expect(chordsNow(REDO, { redo: "" })).toEqual([]);
  });

  it("are not written down where they are as usual", () => {
    expect(withChords({ redo: "X" }, REDO, ["Mod+Y", "Mod+Shift+Z"])).toEqual({});
    expect(withChords({}, FIT, ["F", "F"])).toEqual({ fit: "F" });
    expect(withChords({ fit: "F" }, FIT, [])).toEqual({});
  });

  it("know who else has a chord", () => {
    expect(holdersOf("Mod+Y", "fit", ALL, {})).toEqual([REDO]);
    expect(holdersOf("Mod+Y", "redo", ALL, {})).toEqual([]);
    expect([...clashes(ALL, { fit: "Mod+Y" })]).toEqual(["Mod+Y"]);
  });

  it("leave a chord to one action alone", () => {
    const keys = taken({}, FIT, "Mod+Y", ALL);
    expect(keys).toEqual({ fit: "Mod+Y", redo: "Mod+Shift+Z" });
    expect(clashes(ALL, keys).size).toBe(0);
  });
});
