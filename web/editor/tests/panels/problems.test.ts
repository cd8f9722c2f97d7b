import { describe, expect, it } from "vitest";
import { readWorkflow } from "../../src/document/canonical";
import type { Problem } from "../../src/document/validate";
import { expectation } from "../../src/panels/expected";
import { allProblems, locate, problemText } from "../../src/panels/problems";
import { wayTo } from "../../src/panels/way";

const WORKFLOW = readWorkflow(`{
  "weft": 1,
  "nodes": {
    "load": {"type": "image.load", "version": 1, "values": {"path": "a.png"}},
    "big": {"type": "subgraph:upscale", "version": 1}
  },
  "subgraphs": {
    "upscale": {"nodes": {"inner": {"type": "subgraph:deep", "version": 1}}},
    "deep": {"nodes": {"resize": {"type": "image.resize", "version": 1}}},
    "unused": {"nodes": {}}
  }
}`);

describe("the place of a problem", () => {
  it("is found in the workflow, in a subgraph, and through uses", () => {
    expect(locate(WORKFLOW, "nodes.load.path")).toEqual({
      scope: null,
      node: "load",
      input: "path",
    });
    expect(locate(WORKFLOW, "subgraphs.deep.nodes.resize.width")).toEqual({
      scope: "deep",
      node: "resize",
      input: "width",
    });
    expect(locate(WORKFLOW, "nodes.big/inner/resize.width")).toEqual({
      scope: "deep",
      node: "resize",
      input: "width",
    });
  });

  it("is as deep as there are nodes: a run may have made more", () => {
    expect(locate(WORKFLOW, "nodes.big/inner/resize/3/made.width")).toEqual({
      scope: "deep",
      node: "resize",
    });
    expect(locate(WORKFLOW, "nodes.gone.x")).toEqual({ scope: null });
    expect(locate(WORKFLOW, "requires.acme")).toEqual({ scope: null });
    expect(locate(WORKFLOW, "")).toEqual({ scope: null });
  });
});

describe("all that is wrong", () => {
  const checked: Problem = {
    path: "nodes.load.path",
    scope: null,
    node: "load",
    input: "path",
    code: "missing",
    params: {},
  };
  const refused = { path: "nodes.load.path", message: "there is no such file", got: '"a.png"' };

  it("is said once where the editor and the server agree", () => {
    expect(allProblems(WORKFLOW, [checked], [refused], null)).toEqual([checked]);
    expect(allProblems(WORKFLOW, [], [refused], null)).toMatchObject([
      { by: "server", scope: null, node: "load", input: "path" },
    ]);
  });

  it("holds the failure of the run, while its node is there", () => {
    const error = { kind: "node", message: "no such size", node: "big/inner" };
    expect(allProblems(WORKFLOW, [], [], error)).toMatchObject([
      { by: "run", scope: "upscale", node: "inner" },
    ]);
    expect(allProblems(WORKFLOW, [], [], { ...error, node: "gone" })).toEqual([]);
    expect(allProblems(WORKFLOW, [], [], { kind: "deadline", message: "too slow" })).toHaveLength(
      1,
    );
  });

  it("has words, the server's own where it has no others", () => {
    const told = (view: typeof refused) =>
      allProblems(WORKFLOW, [], [view], null).map(problemText)[0];
    expect(told(refused)).toBe('There is no file "a.png".');
    expect(told({ path: "x", message: "is odd", got: "7" })).toBe("Is odd; got 7");
    const guess = { ...checked, code: "unknownType", params: { type: "a.b" }, suggestion: "a.c" };
    expect(problemText(guess as Problem)).toBe(
      "There is no node type “a.b” here. Did you mean “a.c”?",
    );
  });
});

describe("what an input takes, in words", () => {
  it("tells ranges and choices", () => {
    expect(expectation({ type: "integer", minimum: 1, maximum: 1000 })).toBe(
      "a whole number from 1 to 1,000",
    );
    expect(expectation({ type: "number", minimum: 0 })).toBe("a number of at least 0");
    expect(expectation({ type: "string", enum: ["a", "b"] })).toBe('one of "a", "b"');
    expect(expectation({ anyOf: [{ type: "integer" }, { type: "string" }] })).toBe(
      "a whole number or a text",
    );
    expect(expectation({})).toBeNull();
  });
});

describe("the way into a subgraph", () => {
  it("is the shortest, through the nodes that use it", () => {
    expect(wayTo(WORKFLOW, null)).toEqual([]);
    expect(wayTo(WORKFLOW, "deep")).toEqual([
      { name: "upscale", use: "big" },
      { name: "deep", use: "inner" },
    ]);
    expect(wayTo(WORKFLOW, "unused")).toEqual([{ name: "unused", use: null }]);
  });
});
