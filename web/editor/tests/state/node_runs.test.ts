import { describe, expect, it } from "vitest";
import { nodePlan, nodeRun } from "../../src/state/node_runs";
import type { JobRun, NodeRun } from "../../src/state/runs";

const runOf = (nodes: Record<string, NodeRun>) => ({ nodes, previews: {} }) as unknown as JobRun;

describe("the use of a subgraph", () => {
  it("is as far as what runs inside", () => {
    const inside = (...states: NodeRun["state"][]) =>
      nodeRun(
        runOf(Object.fromEntries(states.map((state, at) => [`use/${at}`, { state, seconds: 1 }]))),
        "use",
      )?.state;
    expect(inside("cached", "cached")).toBe("cached");
    expect(inside("cached", "ran")).toBe("ran");
    expect(inside("ran", "running")).toBe("running");
    expect(inside("skipped", "failed")).toBe("failed");
    expect(inside("skipped", "skipped")).toBe("skipped");
    expect(nodeRun(runOf({}), "use")).toBeUndefined();
  });

  it("will run where anything inside will", () => {
    const plan = {
      run: 1,
      cached: 1,
      unneeded: 0,
      nodes: { "use/a": { action: "cached" }, "use/b/c": { action: "run", reason: "new" } },
    } as const;
    expect(nodePlan(plan, "use")).toEqual({ action: "run", reason: "new" });
    expect(nodePlan(plan, "use/a")).toEqual({ action: "cached" });
    expect(nodePlan(plan, "use/b")).toMatchObject({ action: "run" });
    expect(nodePlan(plan, "constructor")).toBeUndefined();
    expect(nodePlan(plan, null)).toBeUndefined();
  });
});
