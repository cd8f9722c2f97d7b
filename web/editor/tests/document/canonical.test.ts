import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readWorkflow, writeWorkflow } from "../../src/document/canonical";
import { DocumentError, type Json, parseJson, sameJson, writeJson } from "../../src/document/json";
import { anyWorkflow, LONG } from "./arbitraries";
import { TEXT_TO_IMAGE, workflow } from "./nodes";

function problemsOf(data: unknown): readonly (readonly [string, string, (string | undefined)?])[] {
  try {
    readWorkflow(typeof data === "string" ? data : JSON.stringify(data));
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    return error.problems.map((one) => [one.code, one.path, one.suggestion]);
  }
  return [];
}

describe("writeWorkflow", () => {
  it("writes the canonical form", () => {
    const text = `{
  "weft": 1,
  "nodes": {
    "a": {
      "type": "x",
      "version": 1,
      "title": "",
      "values": {
        "d": {
          "f": 1e+16,
          "g": 1e-05,
          "i": 0,
          "k": null,
          "z": -0.0
        },
        "n": null
      }
    }
  },
  "parameters": {
    "p": ["a.b"]
  },
  "subgraphs": {
    "s": {},
    "t": {
      "inputs": {
        "p": []
      }
    }
  },
  "view": {
    "nodes": {
      "a": [1, 2.67, -0.12, 0.12, 10000000000000000000000, null]
    },
    "x": [],
    "y": {},
    "z": [
      {},
      [],
      3,
      {
        "a": []
      }
    ]
  }
}
`;
    const data = `{"weft":1,"nodes":{"a":{"type":"x","values":{"n":null,
      "d":{"k":null,"f":1e16,"g":0.00001,"i":-0,"z":-0.0}},"title":"","mode":null}},
      "subgraphs":{"s":{},"t":{"nodes":{},"inputs":{"p":[]}}},"parameters":{"p":["a.b"]},
      "view":{"nodes":{"a":[1.005,2.675,-0.125,0.125,1e22,null]},"x":[],"y":{},
      "z":[{},[],3,{"a":[]}]}}`;
    expect(writeWorkflow(readWorkflow(data))).toBe(text);
    expect(writeWorkflow(readWorkflow(text))).toBe(text);
  });

  it("sorts names by code point", () => {
    const nodes = Object.fromEntries(
      ["\u{1f600}", "\ufb01", "z", "Z", "10", "9"].map((id) => [id, { type: "x" }]),
    );
    const ids = [...writeWorkflow(workflow({ nodes })).matchAll(/^ {4}"(.*)":/gmu)];
    expect(ids.map((one) => one[1])).toEqual(["10", "9", "Z", "z", "\ufb01", "\u{1f600}"]);
  });

  it(
    "is the identity after reading, whatever is in the file",
    () => {
      fc.assert(
        fc.property(anyWorkflow(), (w) => {
          const text = writeWorkflow(w);
          const again = readWorkflow(text);
          expect(writeWorkflow(again)).toBe(text);
          expect(writeJson(again as unknown as Json)).toBe(
            writeJson(readWorkflow(writeWorkflow(again)) as unknown as Json),
          );
        }),
        { numRuns: 300 },
      );
    },
    LONG,
  );

  it(
    "loses nothing of a file that is not canonical",
    () => {
      fc.assert(
        fc.property(anyWorkflow(), (w) => {
          const data = parseJson(writeWorkflow(w));
          const other = reversed(data);
          expect(sameJson(other, data)).toBe(true);
          expect(writeWorkflow(readWorkflow(writeJson(other)))).toBe(writeWorkflow(w));
        }),
      );
    },
    LONG,
  );
});

function reversed(value: Json): Json {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== "object" || value === null || "value" in value) return value;
  const made = Object.create(null) as Record<string, Json>;
  for (const key of Object.keys(value).reverse())
    made[key] = reversed((value as Record<string, Json>)[key] as Json);
  return made;
}

describe("the view", () => {
  it("keeps what it does not understand, apart from what it does", () => {
    const view = {
      nodes: { a: [1, 2], b: "nowhere", c: [1], d: [1, null] },
      groups: [5, { id: "g", title: "G", box: [0, 0, 1, 1], extra: true }, { id: "g" }],
      notes: "none",
      collapsed: ["a", 7, "a", "b"],
      seeds: { "a.seed": "random", "b.seed": "sometimes" },
      zoom: 1.5,
    };
    const w = workflow({ nodes: { a: { type: "x" } }, view });
    expect(w.view.nodes).toEqual({ a: [1, 2] });
    expect(w.view.groups).toEqual([{ id: "g", title: "G", box: [0, 0, 1, 1], extra: true }]);
    expect(w.view.notes).toBeUndefined();
    expect(w.view.collapsed).toEqual(["a", "b"]);
    expect(w.view.seeds).toEqual({ "a.seed": "random" });
    const written = JSON.parse(writeWorkflow(w)).view;
    expect(written).toEqual(view);
  });

  it(
    "may be anything at all and comes out as it was",
    () => {
      const key = fc.constantFrom("nodes", "groups", "notes", "widths", "seeds", "x", "\u0000odd");
      const odd = fc.dictionary(key, fc.jsonValue({ maxDepth: 3 }));
      fc.assert(
        fc.property(odd, (view) => {
          const text = writeWorkflow(workflow({ view }));
          expect(writeWorkflow(readWorkflow(text))).toBe(text);
          const { view: written = {} } = JSON.parse(text);
          expect(Object.keys(written).sort()).toEqual(Object.keys(view).sort());
        }),
      );
    },
    LONG,
  );
});

describe("readWorkflow", () => {
  it("says everything that is wrong, and where", () => {
    const data = {
      weft: 2,
      nodes: 5,
      foo: 1,
      parameters: { "a.b": "x", p: 5, q: [1, "a"], r: {} },
      subgraphs: {
        s: {
          x: 1,
          nodes: {
            n: {
              type: "",
              version: 0,
              typo: 3,
              mode: "off",
              links: { a: 5 },
              values: [],
              title: 4,
            },
          },
          inputs: { i: 3 },
          outputs: { o: ["a"] },
        },
      },
      view: [],
      requires: { a: 1 },
    };
    expect(problemsOf(data)).toEqual([
      ["field", "foo", undefined],
      ["format", "weft", undefined],
      ["object", "view", undefined],
      ["object", "nodes", undefined],
      ["texts", "parameters.p", undefined],
      ["texts", "parameters.q", undefined],
      ["texts", "parameters.r", undefined],
      ["name", "parameters.a.b", undefined],
      ["text", "requires.a", undefined],
      ["field", "subgraphs.s.x", undefined],
      ["field", "subgraphs.s.nodes.n.typo", "type"],
      ["length", "subgraphs.s.nodes.n.type", undefined],
      ["integer", "subgraphs.s.nodes.n.version", undefined],
      ["text", "subgraphs.s.nodes.n.title", undefined],
      ["mode", "subgraphs.s.nodes.n.mode", undefined],
      ["object", "subgraphs.s.nodes.n.values", undefined],
      ["text", "subgraphs.s.nodes.n.links.a", undefined],
      ["texts", "subgraphs.s.inputs.i", undefined],
      ["text", "subgraphs.s.outputs.o", undefined],
    ]);
  });

  it.each([
    ["[]", "object"],
    ["3", "object"],
    ['{"weft":1.0}', "format"],
    ['{"weft":true}', "format"],
    ['{"weft":2}', "format"],
    ['{"nodes":{"a":{"type":"x","version":true}}}', "integer"],
    ['{"nodes":{"a":{"type":"x","version":1.0}}}', "integer"],
    ['{"nodes":{"a":{}}}', "required"],
    ['{"nodes":{"a":null}}', "object"],
    ['{"nodes":{" a":{"type":"x"}}}', "name"],
    ['{"nodes":{"a\\nb":{"type":"x"}}}', "name"],
    [`{"nodes":{"${"a".repeat(201)}":{"type":"x"}}}`, "length"],
    ["{", "syntax"],
  ])("refuses %s", (text, code) => {
    expect(problemsOf(text).map((one) => one[0])).toEqual([code]);
  });

  it("takes what may be left out, and null for a title and a mode", () => {
    const w = readWorkflow('{"nodes":{"a b":{"type":"x","title":null,"mode":null}}}');
    expect(w.nodes["a b"]).toEqual({ type: "x", version: 1, values: {}, links: {} });
    expect(Object.keys(w.nodes["a b"] ?? {})).not.toContain("mode");
  });

  it("makes a document that nothing can change", () => {
    const w = workflow(TEXT_TO_IMAGE);
    expect(Object.isFrozen(w.nodes.sample?.values)).toBe(true);
    expect(Object.isFrozen(w.view.nodes)).toBe(true);
  });
});
