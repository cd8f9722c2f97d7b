import { expect, it } from "vitest";
import { nodeRun } from "../../src/state/node_runs";
import type { JobRun, NodeRun } from "../../src/state/runs";

it("says the same of a use of a subgraph while nothing changed: another object is drawn again", () => {
  const of = (nodes: Record<string, NodeRun>) => ({ nodes, previews: {} }) as unknown as JobRun;
  const running = of({ "use/a": { state: "ran", seconds: 1 }, "use/b": { state: "running" } });
  const done = of({ "use/a": { state: "ran", seconds: 1 }, "use/b": { state: "ran", seconds: 2 } });
  expect(nodeRun(running, "use")).toBe(nodeRun(running, "use"));
  expect(nodeRun(done, "use")).toBe(nodeRun(done, "use"));
  expect(nodeRun(done, "use")).toEqual({ state: "ran", seconds: 3 });
});
