import { describe, expect, it } from "vitest";
import * as commands from "../../src/document/commands";
import { addedNodes } from "../../src/document/diff";
import { nodeSize } from "../../src/document/geometry";
import { begin, type Command, perform } from "../../src/document/history";
import { placesOf } from "../../src/document/places";
import { roomBelow } from "../../src/document/room";
import { problemsOf } from "../../src/document/validate";
import { GROUP, NOTE, type Workflow } from "../../src/document/workflow";
import { CATALOGUE, TEXT_TO_IMAGE, workflow } from "./nodes";

const start = workflow(TEXT_TO_IMAGE);
const done = (w: Workflow, ...all: readonly Command[]) =>
  all.reduce((h, one) => perform(h, one), begin(w)).present;
const at = { x: 100, y: 200 };
const end = (node: string, socket: string) => ({ node, socket });

describe("adding", () => {
  it("names a node after its type, and counts", () => {
    const one = commands.addNode(null, CATALOGUE, { type: "latent.decode", at });
    const w = done(start, one, one);
    expect(addedNodes(start, w, null)).toEqual(["decode_2", "decode_3"]);
    expect(w.nodes.decode_2).toEqual({ type: "latent.decode", version: 1, values: {}, links: {} });
    expect(w.view.nodes?.decode_2).toEqual([100, 200]);
    expect(commands.freeId(w, "weft:latent.decode")).toBe("decode_4");
    expect(commands.freeId(w, "subgraph:a b")).toBe("a_b");
  });

  it("writes the version of the type, and its short id", () => {
    const w = done(start, commands.addNode(null, CATALOGUE, { type: "weft:latent.sample", at }));
    expect(w.nodes.sample_2).toMatchObject({ type: "latent.sample", version: 2 });
  });

  it("connects a node to the end that was dropped", () => {
    const add = (type: string, node: string, socket: string, side: "in" | "out") =>
      done(
        start,
        commands.addNodeConnected(null, CATALOGUE, { type, at, id: "n" }, end(node, socket), side),
      );
    expect(add("image.resize", "decode", "image", "out").nodes.n?.links).toEqual({
      image: "decode.image",
    });
    expect(add("text.encode", "sample", "negative", "in").nodes.sample?.links.negative).toBe(
      "n.conditioning",
    );
    expect(add("list.make", "decode", "image", "out").nodes.n?.links).toEqual({
      item1: "decode.image",
    });
    expect(add("flow.reroute", "save", "image", "in").nodes.save?.links.image).toBe("n.value");
    expect(add("text.encode", "decode", "image", "out").nodes.n?.links).toEqual({});
  });

  it("puts a node into a link", () => {
    const fresh = commands.insertOnLink(
      null,
      CATALOGUE,
      { type: "image.resize", at, id: "n" },
      end("save", "image"),
    );
    const w = done(start, fresh);
    expect(w.nodes.n?.links).toEqual({ image: "decode.image" });
    expect(w.nodes.save?.links).toEqual({ image: "n.image" });
    const old = done(
      start,
      commands.addNode(null, CATALOGUE, { type: "image.resize", at, id: "n" }),
    );
    const moved = done(
      old,
      commands.insertOnLink(null, CATALOGUE, "n", end("save", "image"), { x: 1, y: 2 }),
    );
    expect(moved.nodes.save?.links).toEqual({ image: "n.image" });
    expect(moved.view.nodes?.n).toEqual([1, 2]);
    const reroute = done(start, commands.insertReroute(null, CATALOGUE, end("save", "image"), at));
    expect(reroute.nodes.save?.links).toEqual({ image: "reroute.value" });
  });

  it("bridges two kinds, and feeds the bridge from what is nearest", () => {
    const bridge = { type: "latent.decode", input: "latent", output: "image" };
    const bare = done(start, commands.removeNodes(null, ["decode"], CATALOGUE));
    const w = done(
      bare,
      commands.insertBridge(
        null,
        CATALOGUE,
        bridge,
        end("sample", "latent"),
        end("save", "image"),
        { id: "d" },
      ),
    );
    expect(w.nodes.d?.links).toEqual({ latent: "sample.latent", vae: "checkpoint.vae" });
    expect(w.nodes.save?.links).toEqual({ image: "d.image" });
    expect(problemsOf(w, CATALOGUE)).toEqual([]);
    const boxes = [...placesOf(w, null, CATALOGUE)].map(([id, [x, y]]) => {
      const { width, height } = nodeSize(w, null, id, CATALOGUE);
      return { id, x, y, width, height };
    });
    const bridged = boxes.filter(({ id }) => id === "d");
    const others = boxes.filter(({ id }) => id !== "d");
    expect(bridged).toHaveLength(1);
    for (const one of bridged)
      expect(roomBelow({ x: one.x, y: one.y }, one, others)).toEqual({ x: one.x, y: one.y });
  });
});

describe("linking", () => {
  it("replaces a value, and a link that was there", () => {
    const w = done(start, commands.connect(null, end("number", "value"), end("sample", "steps")));
    expect(w.nodes.sample?.values).toEqual({ seed: 7 });
    expect(w.nodes.sample?.links.steps).toBe("number.value");
    const value = done(w, commands.setValue(null, "sample", "steps", 9));
    expect(value.nodes.sample?.values.steps).toBe(9);
    expect(value.nodes.sample?.links.steps).toBeUndefined();
  });

  it("takes no number that a file cannot hold", () => {
    expect(done(start, commands.setValue(null, "sample", "steps", Number.NaN))).toBe(start);
    expect(done(start, commands.setValue(null, "sample", "steps", [1, Infinity]))).toBe(start);
  });

  it("moves either end of a link", () => {
    const to = done(
      start,
      commands.moveLinkEnd(null, end("sample", "positive"), { to: end("sample", "negative") }),
    );
    expect(to.nodes.sample?.links).toMatchObject({ negative: "positive.conditioning" });
    expect(to.nodes.sample?.links.positive).toBeUndefined();
    const from = done(
      start,
      commands.moveLinkEnd(null, end("save", "image"), { from: end("x", "image") }),
    );
    expect(from.nodes.save?.links.image).toBe("x.image");
  });
});

describe("removing", () => {
  it("heals links by kind, through several nodes at once", () => {
    const nodes = {
      load: { type: "image.load" },
      a: { type: "image.resize", links: { image: "load.image" } },
      b: { type: "flow.reroute", links: { value: "a.image" } },
      save: { type: "image.save", links: { image: "b.value" } },
    };
    const w = done(workflow({ nodes }), commands.removeNodes(null, ["a", "b"], CATALOGUE));
    expect(w.nodes.save?.links).toEqual({ image: "load.image" });
    const cut = done(start, commands.removeNodes(null, ["decode"], CATALOGUE));
    expect(cut.nodes.save?.links).toEqual({});
    const sample = done(start, commands.removeNodes(null, ["sample"], CATALOGUE));
    expect(sample.nodes.decode?.links.latent).toBe("empty.latent");
  });

  it("leaves nothing that names what is gone", () => {
    const marked = done(
      start,
      commands.collapse(null, ["sample"], true),
      commands.resizeNode(null, "sample", 300),
      commands.expandAdvanced(null, "sample", true),
      commands.setSeedMode(null, "sample", "seed", "random"),
    );
    const w = done(marked, commands.removeNodes(null, ["sample"], CATALOGUE));
    expect(w.parameters).toEqual({ prompt: "positive.text" });
    expect(w.view.nodes?.sample).toBeUndefined();
    const { widths, collapsed, expanded, seeds } = w.view;
    expect([widths, collapsed, expanded, seeds]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("in a subgraph heals its outputs, or takes them from its uses", () => {
    const inner = (type: string) =>
      workflow({
        nodes: {
          load: { type: "image.load" },
          use: { type: "subgraph:s", values: { width: 3 }, links: { image: "load.image" } },
          save: { type: "image.save", links: { image: "use.out" } },
        },
        subgraphs: {
          s: {
            nodes: {
              first: { type: "image.resize" },
              last: { type, links: { image: "first.image" } },
            },
            inputs: { image: "first.image", width: "last.width" },
            outputs: { out: "last.image" },
          },
        },
        parameters: { width: "use.width" },
      });
    const healed = done(inner("image.resize"), commands.removeNodes("s", ["last"], CATALOGUE));
    expect(healed.subgraphs.s?.outputs).toEqual({ out: "first.image" });
    expect(healed.subgraphs.s?.inputs).toEqual({ image: "first.image" });
    expect(healed.nodes.use?.values).toEqual({});
    expect(healed.parameters).toEqual({});
    const cut = done(inner("image.grid"), commands.removeNodes("s", ["last"], CATALOGUE));
    expect(cut.subgraphs.s?.outputs).toEqual({});
    expect(cut.nodes.save?.links).toEqual({});
  });

  it("takes notes and groups as well", () => {
    const boxed = done(
      start,
      commands.group(null, ["sample"], CATALOGUE, { title: "G" }),
      commands.addNote(null, { text: "hello", at }),
    );
    expect(boxed.view.groups?.[0]).toMatchObject({ id: "group", title: "G" });
    const w = done(boxed, commands.removeNodes(null, [`${GROUP}group`, `${NOTE}note`], CATALOGUE));
    expect([w.view.groups, w.view.notes]).toEqual([undefined, undefined]);
    expect(Object.keys(w.nodes)).toHaveLength(6);
  });
});

describe("names", () => {
  it("of nodes change everywhere", () => {
    const marked = done(
      start,
      commands.collapse(null, ["sample"], true),
      commands.setSeedMode(null, "sample", "seed", "random"),
    );
    const w = done(marked, commands.renameNode(null, "sample", "paint"));
    expect(w.nodes.decode?.links.latent).toBe("paint.latent");
    expect(w.parameters.seed).toBe("paint.seed");
    expect(w.view.nodes?.paint).toEqual([680, 40]);
    expect(w.view.collapsed).toEqual(["paint"]);
    expect(w.view.seeds).toEqual({ "paint.seed": "random" });
    expect(problemsOf(w, CATALOGUE)).toEqual([]);
  });

  it("must be free and possible", () => {
    const problem = (id: string) => commands.nameProblem(start, null, id);
    expect(["decode", "a.b", "", " a", "ok", "a".repeat(201)].map(problem)).toEqual([
      "taken",
      "characters",
      "empty",
      "characters",
      null,
      "long",
    ]);
    expect(done(start, commands.renameNode(null, "sample", "decode"))).toBe(start);
  });

  it("of parameters are offered by input, then by node and input", () => {
    expect(commands.freeParameter(start, "sample.steps")).toBe("steps");
    expect(commands.freeParameter(start, "other.seed")).toBe("other_seed");
    expect(commands.parameterOf(start, "sample.seed")).toBe("seed");
    const w = done(
      start,
      commands.setParameter("steps", "sample.steps"),
      commands.renameParameter("seed", "noise"),
      commands.renameParameter("steps", "noise"),
      commands.removeParameter("prompt"),
      commands.setParameter("a.b", "sample.steps"),
    );
    expect(w.parameters).toEqual({ steps: "sample.steps", noise: "sample.seed" });
  });
});

describe("layout", () => {
  const places = (w: Workflow, ...ids: string[]) => ids.map((id) => w.view.nodes?.[id]);

  it("aligns and distributes", () => {
    const ids = ["checkpoint", "empty", "sample"];
    const left = done(start, commands.alignNodes(null, ids, "left", CATALOGUE));
    expect(places(left, ...ids)).toEqual([
      [40, 40],
      [40, 280],
      [40, 40],
    ]);
    const spread = done(start, commands.moveNodes(null, new Map([["empty", [100, 280]]])));
    const even = done(spread, commands.alignNodes(null, ids, "distributeHorizontally", CATALOGUE));
    expect(places(even, ...ids)).toEqual([
      [40, 40],
      [360, 280],
      [680, 40],
    ]);
    expect(done(start, commands.alignNodes(null, ["empty"], "right", CATALOGUE))).toBe(start);
  });

  it("keeps to a hundredth, and moves notes and groups by their ids", () => {
    const boxed = done(start, commands.addNote(null, { text: "", at, width: 50, height: 60 }));
    const moved = done(
      boxed,
      commands.moveNodes(
        null,
        new Map([
          ["empty", [1.23456, -0.001]],
          [`${NOTE}note`, [5, 6]],
        ]),
      ),
    );
    expect(moved.view.nodes?.empty).toEqual([1.23, 0]);
    expect(moved.view.notes?.[0]?.box).toEqual([5, 6, 50, 60]);
  });

  it("lets groups follow what an automatic layout moves", () => {
    const boxed = done(
      start,
      commands.group(null, ["sample", "decode"], CATALOGUE),
      commands.addNote(null, { text: "", at: { x: 700, y: 60 }, width: 50, height: 50 }),
    );
    const before = boxed.view.groups?.[0]?.box ?? [0, 0, 0, 0];
    const shift = new Map(
      Object.entries(boxed.view.nodes ?? {}).map(
        ([id, [x, y]]) => [id, [x + 100, y + 40]] as const,
      ),
    );
    const w = done(boxed, commands.autoLayout(null, shift, CATALOGUE));
    expect(w.view.groups?.[0]?.box).toEqual([
      before[0] + 100,
      before[1] + 40,
      before[2],
      before[3],
    ]);
    expect(w.view.notes?.[0]?.box).toEqual([800, 100, 50, 50]);
  });

  it("holds a width between its bounds, and none that is usual", () => {
    const wide = done(start, commands.resizeNode(null, "save", 9999));
    expect(wide.view.widths).toEqual({ save: 480 });
    expect(done(wide, commands.resizeNode(null, "save", 240)).view.widths).toBeUndefined();
  });
});

describe("seeds", () => {
  it("move on after a run as they are set to", () => {
    const set = (value: number | bigint) =>
      done(
        start,
        commands.setValue(null, "sample", "seed", value),
        commands.setSeedMode(null, "sample", "seed", "increment"),
      );
    const next = (value: number | bigint) =>
      done(
        set(value),
        commands.advanceSeeds(() => 5),
      ).nodes.sample?.values.seed;
    expect(next(7)).toBe(8);
    expect(next(Number.MAX_SAFE_INTEGER)).toBe(2n ** 53n);
    expect(next(2n ** 64n - 1n)).toBe(0);
    const random = done(start, commands.setSeedMode(null, "sample", "seed", "random"));
    expect(commands.seedMode(random, null, "sample", "seed")).toBe("random");
    expect(
      done(
        random,
        commands.advanceSeeds(() => 5),
      ).nodes.sample?.values.seed,
    ).toBe(5);
    const fixed = done(random, commands.setSeedMode(null, "sample", "seed", "fixed"));
    expect(fixed.view.seeds).toBeUndefined();
    expect(
      done(
        fixed,
        commands.advanceSeeds(() => 5),
      ),
    ).toBe(fixed);
  });
});
