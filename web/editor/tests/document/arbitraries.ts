/** Random data for the properties. */

import fc from "fast-check";
import { readWorkflow, writeWorkflow } from "../../src/document/canonical";
import { shortId } from "../../src/document/catalogue";
import { Float, type Json, recordOf } from "../../src/document/json";
import { type NodeDocument, SUBGRAPH, type View, type Workflow } from "../../src/document/workflow";
import { CATALOGUE, SPECS } from "./nodes";

/** Milliseconds that a property may take where many tests share a slow machine. */
export const LONG = 60_000;

/** Names with what is easily got wrong among them. */
export const key = (): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constantFrom("a", "b", "__proto__", "constructor", "toString", "10", "2", "é", "\u{1f600}"),
    fc.constantFrom("\ufb01", "a b", "\n", '"', "\\", "\u2028", ""),
    fc.string({ maxLength: 5 }),
  );

/** Every number that a file can hold, in the form in which it is held. */
export const number = (): fc.Arbitrary<Json> =>
  fc.oneof(
    fc.integer({ min: -1000, max: 1000 }),
    fc.maxSafeInteger().map((n) => n + 0),
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 70n }),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(held),
    fc.constantFrom(0, 4, 1e16, 1e22, -0, 0.125, 1e-5, 2.675).map(held),
  );

function held(n: number): Json {
  return Number.isInteger(n) ? new Float(n) : n;
}

export function json(depth = 3): fc.Arbitrary<Json> {
  const leaf = fc.oneof(
    fc.constantFrom(null, true, false),
    number(),
    fc.string({ unit: "grapheme", maxLength: 8 }),
    key(),
  );
  if (depth === 0) return leaf;
  const inner = json(depth - 1);
  return fc.oneof(
    { weight: 3, arbitrary: leaf },
    { weight: 1, arbitrary: fc.array(inner, { maxLength: 4 }) },
    { weight: 1, arbitrary: record(inner) },
  );
}

export function record<T>(
  value: fc.Arbitrary<T>,
  name = key(),
  maxLength = 4,
): fc.Arbitrary<Record<string, T>> {
  return fc
    .uniqueArray(fc.tuple(name, value), { selector: ([one]) => one, maxLength })
    .map((entries) => recordOf(entries));
}

// --- documents ----------------------------------------------------------------------------------

const NAMES = ["a", "b", "c", "d", "e", "constructor", "__proto__", "10", "ä b"];
const TYPES = SPECS.map((one) => shortId(one.id));
const SUBGRAPHS = ["one", "two", "toString"];

const name = () => fc.constantFrom(...NAMES);
const socket = () =>
  fc.constantFrom(
    ...SPECS.flatMap((one) => [...one.inputs, ...one.outputs].map((s) => s.name)),
    "x",
  );

/** Values and links that mostly fit the type, and sometimes nothing. */
export function node(): fc.Arbitrary<NodeDocument> {
  const type = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...TYPES) },
    {
      weight: 1,
      arbitrary: fc.constantFrom("weft:latent.decode", "gone:thing.lost", "latent.decod"),
    },
    { weight: 2, arbitrary: fc.constantFrom(...SUBGRAPHS, "none").map((one) => SUBGRAPH + one) },
  );
  return type.chain((chosen) => {
    const spec = CATALOGUE.get(chosen);
    const inputs = spec?.inputs.map((one) => one.name) ?? [];
    const input = fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...(inputs.length > 0 ? inputs : ["in", "x"])) },
      { weight: 1, arbitrary: socket() },
    );
    const value = fc.oneof(
      fc.constantFrom<Json>(1, 20, new Float(4), "text", true, null, ...SUBGRAPHS),
      json(1),
    );
    return fc
      .record({
        version: fc.constantFrom(spec?.version ?? 1, spec?.version ?? 1, 1, 9),
        title: fc.option(fc.constantFrom("Title", ""), { nil: undefined, freq: 4 }),
        mode: fc.option(fc.constantFrom("mute" as const, "bypass" as const), {
          nil: undefined,
          freq: 6,
        }),
        values: record(value, input),
        links: record(link(), input, 5),
      })
      .map(({ title, mode, version, values, links }) => ({
        type: chosen,
        version,
        ...(title === undefined ? {} : { title }),
        ...(mode === undefined ? {} : { mode }),
        values,
        links,
      }));
  });
}

function link(): fc.Arbitrary<string> {
  const outputs = SPECS.flatMap((one) => one.outputs.map((output) => output.name));
  return fc.oneof(
    { weight: 8, arbitrary: fc.tuple(name(), fc.constantFrom(...outputs)).map((p) => p.join(".")) },
    { weight: 1, arbitrary: fc.constantFrom("ghost.image", "nothing", ".", "a.", "a.b.c") },
  );
}

const target = () =>
  fc.oneof(
    fc.tuple(name(), socket()).map((parts) => parts.join(".")),
    fc.array(
      fc.tuple(name(), socket()).map((parts) => parts.join(".")),
      { maxLength: 3 },
    ),
  );

const coordinate = () =>
  fc.oneof(
    fc.integer({ min: -2000, max: 2000 }),
    fc.double({ min: -2000, max: 2000, noNaN: true }).map((n) => Math.round(n * 100) / 100 + 0),
  );

function view(): fc.Arbitrary<View> {
  const place = fc.tuple(coordinate(), coordinate());
  const box = fc.tuple(coordinate(), coordinate(), coordinate(), coordinate());
  const boxes = <T>(of: fc.Arbitrary<T & { id: string }>) =>
    fc.uniqueArray(of, { selector: (one) => one.id, maxLength: 2 });
  return fc.record(
    {
      nodes: record(place, name(), 9),
      groups: boxes(fc.record({ id: name(), title: fc.string({ maxLength: 4 }), box })),
      notes: boxes(fc.record({ id: name(), text: fc.string({ maxLength: 4 }), box })),
      widths: record(fc.integer({ min: 100, max: 500 }), name()),
      collapsed: fc.uniqueArray(name(), { maxLength: 3 }),
      expanded: fc.uniqueArray(name(), { maxLength: 3 }),
      seeds: record(
        fc.constantFrom("random" as const, "increment" as const),
        fc.tuple(name(), socket()).map((parts) => parts.join(".")),
      ),
      later: fc.constantFrom<Json>("kept", [1, { deep: 2.5 }], null),
    },
    { requiredKeys: [] },
  ) as fc.Arbitrary<View>;
}

/** Documents in which nearly everything is that a file can say, right and wrong. */
export function anyWorkflow(): fc.Arbitrary<Workflow> {
  const graph = { nodes: record(node(), name(), 7), view: view() };
  const subgraph = fc.record({
    ...graph,
    inputs: record(target(), fc.constantFrom("in", "x", "image", "constructor")),
    outputs: record(link(), fc.constantFrom("image", "latent", "out", "__proto__")),
  });
  return fc
    .record({
      ...graph,
      parameters: record(target(), name()),
      requires: record(
        fc.constantFrom(">=0.1", "==1.*", "nonsense", "<0.1"),
        fc.constantFrom("weft", "acme-nodes", "other-nodes"),
      ),
      subgraphs: record(subgraph, fc.constantFrom(...SUBGRAPHS)),
    })
    .map((parts) => readWorkflow(writeWorkflow({ weft: 1, ...parts })));
}
