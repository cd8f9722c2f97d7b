import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { layoutOf } from "../../src/document/autolayout";
import * as commands from "../../src/document/commands";
import {
  GRID,
  HEADER,
  nodeSize,
  PADDING,
  ROW,
  rowCentre,
  socketPoint,
} from "../../src/document/geometry";
import { begin, perform } from "../../src/document/history";
import { neighbour } from "../../src/document/neighbours";
import { placesOf } from "../../src/document/places";
import { socketsOf } from "../../src/document/sockets";
import { standing } from "../../src/document/standing";
import { linksOf } from "../../src/document/wires";
import type { Workflow } from "../../src/document/workflow";
import { anyWorkflow, LONG } from "./arbitraries";
import { CATALOGUE, TEXT_TO_IMAGE, workflow } from "./nodes";

const start = workflow(TEXT_TO_IMAGE);
const size = (w: Workflow, id: string, extras = {}) => nodeSize(w, null, id, CATALOGUE, extras);

describe("nodeSize", () => {
  it("sets inputs and outputs side by side, fields below", () => {
    const { rows, height, width, more } = size(start, "sample");
    expect(rows.map((one) => [one.input, one.output, one.side])).toEqual([
      ["model", "latent", "both"],
      ["positive", null, "in"],
      ["latent", null, "in"],
      ["negative", null, "in"],
      ["seed", null, "in"],
      ["steps", null, "in"],
      ["guidance", null, "in"],
    ]);
    expect(rows[0]?.y).toBe(HEADER + PADDING);
    expect([width, height, more]).toEqual([240, HEADER + 2 * PADDING + 7 * ROW, null]);
  });

  it("puts outputs on rows of their own where names are long", () => {
    const w = done(start, commands.resizeNode(null, "sample", 180));
    expect(size(w, "sample").rows[0]).toMatchObject({ input: "model", output: "latent" });
    const long = workflow({
      nodes: { use: { type: "subgraph:s" } },
      subgraphs: {
        s: {
          nodes: { r: { type: "image.resize" } },
          inputs: { the_picture_that_is_resized: "r.image" },
          outputs: { the_picture_that_was_resized: "r.image" },
        },
      },
    });
    expect(size(long, "use").rows.map((one) => one.side)).toEqual(["out", "in"]);
  });

  it("gives several lines of text their room, unless a link takes their place", () => {
    const linked = done(
      start,
      commands.connect(null, { node: "t", socket: "value" }, { node: "positive", socket: "text" }),
    );
    expect(size(start, "positive").height - size(linked, "positive").height).toBe(72);
  });

  it("folds fields past the first eight, but never one that is linked", () => {
    const w = workflow({
      nodes: { o: { type: "sampling.options", links: { option11: "x.value" } } },
    });
    const folded = size(w, "o");
    expect(folded.more).toMatchObject({ count: 3, open: false });
    expect(folded.rows.map((one) => one.input)).toContain("option11");
    expect(rowCentre(folded, "in", "option9")).toBe((folded.more?.y ?? 0) + ROW / 2);
    const open = size(done(w, commands.expandAdvanced(null, "o", true)), "o");
    expect(open.height - folded.height).toBe(3 * ROW);
    expect(open.rows.filter((one) => one.advanced)).toHaveLength(3);
  });

  it("leaves room for the preview before there is one, a foot, and messages", () => {
    const plain = size(start, "save");
    const preview = size(start, "save", { previewAspect: 2 });
    expect(preview.preview?.height).toBe((240 - 16) / 2);
    expect(size(start, "save", { foot: true }).height - plain.height).toBe(20);
    expect(size(start, "save", { errors: ["image"] }).height - plain.height).toBe(18);
    expect(size(start, "save", { previewAspect: 0.01 }).preview?.height).toBe(480);
  });

  it("shows a collapsed node as its header, with all links at its middle", () => {
    const w = done(start, commands.collapse(null, ["sample"], true));
    const { height, rows, collapsed, sockets } = size(w, "sample");
    expect([height, rows, collapsed]).toEqual([HEADER, [], true]);
    expect(new Set(sockets.map((one) => one.y))).toEqual(new Set([HEADER / 2]));
    expect(socketPoint(w, null, "sample", "out", "latent", CATALOGUE)).toEqual({ x: 920, y: 55 });
  });

  it("is the same object while nothing changed", () => {
    expect(size(start, "save")).toBe(size(start, "save"));
    const moved = done(start, commands.moveNodes(null, new Map([["save", [0, 0]]])));
    expect(size(moved, "save")).toBe(size(start, "save"));
  });

  it(
    "has a place for every socket, and rows that do not overlap",
    () => {
      fc.assert(
        fc.property(anyWorkflow(), fc.boolean(), (w, foot) => {
          for (const id of Object.keys(w.nodes)) {
            const { rows, sockets, height, more } = size(w, id, { foot, previewAspect: 1 });
            const { inputs, outputs } = socketsOf(w, null, id, CATALOGUE);
            expect(sockets).toHaveLength(inputs.length + outputs.length);
            const bands = [...rows, ...(more ? [more] : [])].sort((a, b) => a.y - b.y);
            for (const [index, one] of bands.entries()) {
              const next = bands[index + 1]?.y ?? height;
              expect(one.y + one.height).toBeLessThanOrEqual(next);
            }
            for (const { y } of sockets) expect(y).toBeLessThan(height);
          }
        }),
        { numRuns: 100 },
      );
    },
    LONG,
  );
});

function done(w: Workflow, ...all: readonly Parameters<typeof perform>[1][]): Workflow {
  return all.reduce((h, one) => perform(h, one), begin(w)).present;
}

describe("placesOf", () => {
  it("stands nodes without a place below the others", () => {
    const w = workflow({ ...TEXT_TO_IMAGE, view: { nodes: { sample: [0, 0] } } });
    const places = placesOf(w, null, CATALOGUE);
    expect(places.size).toBe(6);
    const bottom = size(w, "sample").height;
    for (const [id, [, y]] of places) if (id !== "sample") expect(y).toBeGreaterThan(bottom);
  });

  it("stands a node right of all it takes from, and a source right before its taker", () => {
    const graph = {
      ...TEXT_TO_IMAGE,
      nodes: {
        ...TEXT_TO_IMAGE.nodes,
        steps: { type: "primitive.int" },
      },
      view: {},
    };
    const w = done(
      workflow(graph),
      commands.connect(
        null,
        { node: "steps", socket: "value" },
        { node: "sample", socket: "steps" },
      ),
    );
    const places = placesOf(w, null, CATALOGUE);
    const x = (id: string) => places.get(id)?.[0] ?? Number.NaN;
    for (const { from, to } of linksOf(w)) expect(x(to.node)).toBeGreaterThan(x(from.node));
    expect(x("checkpoint")).toBe(40);
    expect(x("steps")).toBe(x("positive"));
    expect(overlaps(w, places)).toEqual([]);
  });

  it(
    "overlaps nothing and keeps to the grid, whatever the graph",
    () => {
      fc.assert(
        fc.property(anyWorkflow(), (w) => {
          const bare = { ...w, view: {} };
          const places = placesOf(bare, null, CATALOGUE);
          expect([...places.keys()].sort()).toEqual(Object.keys(w.nodes).sort());
          for (const place of places.values()) for (const n of place) expect(n % GRID).toBe(0);
          expect(overlaps(bare, places)).toEqual([]);
        }),
      );
    },
    LONG,
  );
});

describe("standing", () => {
  const bare = workflow({ ...TEXT_TO_IMAGE, view: {} });
  const before = placesOf(bare, null, CATALOGUE);
  const edited = (...all: readonly Parameters<typeof perform>[1][]) =>
    done(bare, ...all.map((one) => standing(one, CATALOGUE)));

  it("moves what a person moves, and nothing else", () => {
    const w = edited(commands.moveNodes(null, new Map([["decode", [2000, 100]]])));
    const places = placesOf(w, null, CATALOGUE);
    expect([...places].filter(([id]) => id !== "decode").sort()).toEqual(
      [...before].filter(([id]) => id !== "decode").sort(),
    );
    expect(places.get("decode")).toEqual([2000, 100]);
  });

  it("keeps all in place when a link goes or a node is added", () => {
    const w = edited(
      commands.disconnect(null, { node: "decode", socket: "latent" }),
      commands.addNode(null, CATALOGUE, { type: "image.save", at: { x: 0, y: -500 } }),
    );
    for (const [id, place] of before) expect(placesOf(w, null, CATALOGUE).get(id)).toEqual(place);
  });

  it("writes no place where none would change", () => {
    const w = edited(commands.setValue(null, "sample", "steps", 9));
    expect(w.view).toEqual({});
  });
});

function overlaps(w: Workflow, places: ReadonlyMap<string, readonly [number, number]>): string[] {
  const rects = [...places].map(([id, [x, y]]) => ({ id, x, y, ...size(w, id) }));
  const found: string[] = [];
  for (const [index, a] of rects.entries())
    for (const b of rects.slice(index + 1))
      if (
        a.x < b.x + b.width &&
        b.x < a.x + a.width &&
        a.y < b.y + b.height &&
        b.y < a.y + a.height
      )
        found.push(`${a.id} ${b.id}`);
  return found;
}

describe("layoutOf", () => {
  it("layers nodes from left to right", async () => {
    const places = await layoutOf(start, null, CATALOGUE);
    const x = (id: string) => places.get(id)?.[0] ?? 0;
    expect(x("checkpoint")).toBe(40);
    expect(x("positive")).toBeGreaterThan(x("checkpoint"));
    expect(x("sample")).toBeGreaterThan(x("empty"));
    expect(x("save")).toBeGreaterThan(x("decode"));
  });

  it("lays out what is chosen where it is", async () => {
    const places = await layoutOf(start, null, CATALOGUE, ["decode", "save"]);
    expect([...places.keys()]).toEqual(["decode", "save"]);
    expect(places.get("decode")?.[0]).toBe(1000);
    expect(Math.min(...[...places.values()].map(([, y]) => y))).toBe(40);
  });

  it(
    "overlaps nothing and keeps to the grid, whatever the graph",
    async () => {
      await fc.assert(
        fc.asyncProperty(anyWorkflow(), async (w) => {
          const places = await layoutOf(w, null, CATALOGUE);
          expect(places.size).toBe(Object.keys(w.nodes).length);
          expect(overlaps(w, places)).toEqual([]);
          for (const place of places.values())
            for (const n of place) expect(Math.abs(n % GRID)).toBe(0);
        }),
        { numRuns: 60 },
      );
    },
    LONG,
  );
});

describe("neighbour", () => {
  const to = (id: string, way: "left" | "right" | "up" | "down") =>
    neighbour(start, null, CATALOGUE, id, way);

  it("follows links, then siblings, then what is nearest", () => {
    expect(to("checkpoint", "right")).toBe("sample");
    expect(to("save", "left")).toBe("decode");
    expect(to("decode", "left")).toBe("checkpoint");
    expect(to("positive", "down")).toBe("empty");
    expect(to("empty", "up")).toBe("positive");
    expect(to("save", "right")).toBeNull();
    expect(to("ghost", "right")).toBeNull();
  });
});
