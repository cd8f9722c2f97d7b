import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readWorkflow, writeWorkflow } from "../../src/document/canonical";
import { Catalogue } from "../../src/document/catalogue";
import * as commands from "../../src/document/commands";
import {
  begin,
  type History,
  MAX_STEPS,
  perform,
  readHistory,
  redo,
  salvageHistory,
  seal,
  undo,
  writeHistory,
} from "../../src/document/history";
import { DocumentError, type Json, sameJson, writeJson } from "../../src/document/json";
import type { Workflow } from "../../src/document/workflow";
import { anyWorkflow, LONG } from "./arbitraries";
import { CATALOGUE, TEXT_TO_IMAGE, workflow } from "./nodes";
import { commandOf, KINDS } from "./random_commands";

const asJson = (one: Workflow | History) => one as unknown as Json;
const raw = (w: Workflow) => writeJson(asJson(w));
const steps = () =>
  fc.array(
    fc.tuple(fc.constantFrom(...KINDS), fc.array(fc.nat(99), { minLength: 6, maxLength: 6 })),
    { minLength: 1, maxLength: 25 },
  );

function performed(w: Workflow, plan: readonly (readonly [string, readonly number[]])[]): History {
  let history = begin(w);
  for (const [kind, numbers] of plan) {
    const command = commandOf(kind, history.present, numbers);
    if (command) history = perform(history, command);
  }
  return history;
}

const start = begin(workflow(TEXT_TO_IMAGE));
const steps20 = (value: number) => commands.setValue(null, "sample", "steps", value);

describe("any commands", () => {
  it(
    "are undone to the identical file, and done again",
    () => {
      fc.assert(
        fc.property(anyWorkflow(), steps(), (w, plan) => {
          const done = performed(w, plan);
          const states = [writeWorkflow(done.present)];
          let history = done;
          while (history.past.length > 0) {
            history = undo(history);
            states.push(writeWorkflow(history.present));
          }
          expect(states.at(-1)).toBe(writeWorkflow(w));
          for (const state of states.slice(0, -1).reverse()) {
            history = redo(history);
            expect(writeWorkflow(history.present)).toBe(state);
          }
          expect(history.future).toEqual([]);
        }),
        { numRuns: 400 },
      );
    },
    LONG,
  );

  it(
    "leave documents that can be written and read again",
    () => {
      fc.assert(
        fc.property(anyWorkflow(), steps(), (w, plan) => {
          const text = writeWorkflow(performed(w, plan).present);
          expect(writeWorkflow(readWorkflow(text))).toBe(text);
        }),
        { numRuns: 200 },
      );
    },
    LONG,
  );

  it(
    "survive as text, undone or not",
    () => {
      fc.assert(
        fc.property(anyWorkflow(), steps(), fc.nat(5), (w, plan, back) => {
          let history = performed(w, plan);
          for (let count = 0; count < back; count++) history = undo(history);
          const again = readHistory(writeHistory(history));
          expect(sameJson(asJson(again.present), asJson(history.present))).toBe(true);
          expect(sameJson(asJson(again), asJson(history))).toBe(true);
          let [a, b] = [history, again];
          while (a.past.length > 0) [a, b] = [undo(a), undo(b)];
          expect(writeWorkflow(b.present)).toBe(writeWorkflow(a.present));
        }),
        { numRuns: 150 },
      );
    },
    LONG,
  );

  it(
    "do not change the document that they were made of",
    () => {
      fc.assert(
        fc.property(anyWorkflow(), steps(), (w, plan) => {
          const before = raw(w);
          performed(w, plan);
          expect(raw(w)).toBe(before);
        }),
        { numRuns: 100 },
      );
    },
    LONG,
  );
});

describe("perform", () => {
  it("adds no step for what changes nothing", () => {
    expect(perform(start, steps20(20))).toBe(start);
    expect(perform(start, commands.disconnect(null, { node: "save", socket: "x" }))).toBe(start);
    expect(perform(start, commands.removeNodes(null, ["ghost"], CATALOGUE))).toBe(start);
  });

  it("makes one step of commands with the same key in a row", () => {
    const typed = [21, 22, 23].reduce((h, value) => perform(h, steps20(value)), start);
    expect(typed.past).toHaveLength(1);
    expect(typed.past[0]?.patches).toHaveLength(1);
    expect(writeWorkflow(undo(typed).present)).toBe(writeWorkflow(start.present));
  });

  it("takes a merged step back that ends where it began", () => {
    const there = perform(start, steps20(21));
    expect(perform(there, steps20(20)).past).toEqual([]);
  });

  it("merges no more once the gesture is over, nor after undo", () => {
    const sealed = perform(seal(perform(start, steps20(21))), steps20(22));
    expect(sealed.past).toHaveLength(2);
    const other = perform(sealed, commands.setValue(null, "sample", "seed", 1));
    expect(perform(undo(other), steps20(23)).past).toHaveLength(3);
  });

  it("forgets what was taken back", () => {
    const back = undo(perform(start, steps20(21)));
    expect(back.future).toHaveLength(1);
    expect(perform(back, commands.setTitle(null, "save", "Keep")).future).toEqual([]);
  });

  it("keeps so many steps and no more", () => {
    let history = start;
    for (let count = 0; count < MAX_STEPS + 20; count++)
      history = seal(perform(history, steps20(100 + (count % 7))));
    expect(history.past).toHaveLength(MAX_STEPS);
  });

  it("keeps the identity of what a step leaves alone", () => {
    const after = perform(start, steps20(21)).present;
    expect(after.nodes.save).toBe(start.present.nodes.save);
    expect(undo(perform(start, steps20(21))).present.nodes.save).toBe(start.present.nodes.save);
  });
});

describe("updateRequires", () => {
  const command = commands.updateRequires(CATALOGUE);

  it("belongs to the step before it", () => {
    const after = perform(perform(start, steps20(21)), command);
    expect(after.present.requires).toEqual({ weft: ">=0.1.0" });
    expect(after.past).toHaveLength(1);
    expect(writeWorkflow(undo(after).present)).toBe(writeWorkflow(start.present));
  });

  it("leaves what can be done again", () => {
    const back = undo(perform(start, steps20(21)));
    const after = perform(back, command);
    expect(after.future).toHaveLength(1);
    expect(redo(after).present.nodes.sample?.values.steps).toBe(21);
  });

  it("writes down where a chosen sampler comes from", () => {
    const schema = { enum: ["a/x", "x"], "x-distributions": { "a/x": "acme-nodes" } };
    const spec = { name: "sampler", kind: "str", schema, required: true, default: null };
    const inputs = [{ ...spec, nullable: false, help: "" }];
    const node = { id: "weft:t.s", version: 1, title: "", help: "", inputs, outputs: [] };
    const specs = [{ ...node, extra: null, eager: null, distribution: "weft" }];
    const catalogue = new Catalogue(specs, [], { weft: "0.1.0", "acme-nodes": "1.4" });
    const saved = (sampler: string) => {
      const before = workflow({ nodes: { s: { type: "t.s", values: { sampler } } } });
      return perform(begin(before), commands.updateRequires(catalogue)).present.requires;
    };
    expect(saved("a/x")).toEqual({ weft: ">=0.1.0", "acme-nodes": ">=1.4" });
    expect(saved("x")).toEqual({ weft: ">=0.1.0" });
  });

  it("keeps what is required already", () => {
    const spelt = workflow({ ...TEXT_TO_IMAGE, requires: { Weft: ">=0.0.1" } });
    expect(perform(begin(spelt), command).present.requires).toEqual({ Weft: ">=0.0.1" });
    const old = workflow({ ...TEXT_TO_IMAGE, requires: { weft: ">=0.0.1", other: "==2" } });
    expect(perform(begin(old), command).present.requires).toEqual({
      weft: ">=0.0.1",
      other: "==2",
    });
  });
});

describe("salvageHistory", () => {
  it("saves the document of a history whose steps are damaged", () => {
    const text = writeHistory(perform(start, steps20(21))).replace("setValue", "unheard-of");
    expect(() => readHistory(text)).toThrow(DocumentError);
    expect(salvageHistory(text)?.present.nodes.sample?.values.steps).toBe(21);
    expect(salvageHistory(text.slice(1))).toBeNull();
    expect(salvageHistory("{}")).toBeNull();
  });
});

describe("readHistory", () => {
  it.each([
    "",
    "{}",
    '{"present":{"nodes":5},"past":[],"future":[]}',
    '{"present":{},"past":5,"future":[]}',
    '{"present":{},"past":[{"name":"hack","patches":[],"inverse":[]}],"future":[]}',
    '{"present":{},"past":[{"name":"connect","patches":[{"path":[1]}],"inverse":[]}],"future":[]}',
    '{"present":{},"past":[],"future":[{"name":"connect","inverse":[],"patches":[{"path":["nodes"],"value":5}]}]}',
    '{"present":{"view":{"nodes":5}},"past":[],"future":[]}',
  ])("refuses %s", (text) => {
    expect(() => readHistory(text)).toThrow(DocumentError);
  });
});
