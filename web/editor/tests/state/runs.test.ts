import { beforeEach, describe, expect, it, vi } from "vitest";
import type { EventView, JobView } from "../../src/api/types";

vi.stubGlobal("URL", { createObjectURL: () => "blob:1", revokeObjectURL: () => undefined });
const { forgetJob, runs, takeEvents, takeJobs, takePreview } = await import("../../src/state/runs");

function job(state: JobView["state"], last_event: number, rest: Partial<JobView> = {}): JobView {
  const made = { id: "j", state, last_event, priority: 0, created: 1, attempts: 0 };
  return { ...made, nodes: {}, outputs: [], ...rest };
}

function told(number: number | null, event: string, data: EventView["data"] = {}): EventView {
  return { number, job: "j", time: 5, event, data };
}

const now = () => runs.getState().jobs.j;
const progress = (node: string) => told(null, "progress", { node, done: 1, total: 2 });

beforeEach(() => forgetJob("j"));

describe("answers and events that overtake each other", () => {
  it("leave a job as far as the newest of them says", () => {
    takeJobs([job("done", 9)]);
    takeJobs([job("queued", 1)]);
    expect(now()?.job.state).toBe("done");
    takeEvents([told(2, "started")]);
    expect(now()?.job.state).toBe("done");
    takeEvents([told(10, "requeued"), told(11, "started")]);
    takeJobs([job("done", 9)]);
    expect(now()?.job).toMatchObject({ state: "running", last_event: 11 });
  });

  it("lose nothing that a running job has made: its answers do not tell of it", () => {
    takeJobs([job("running", 2)]);
    takeEvents([told(3, "output", { node: "save", index: 0, item: {} })]);
    takeJobs([job("running", 3)]);
    expect(now()?.job.outputs).toHaveLength(1);
  });
});

describe("a job", () => {
  it.each(["cancelled", "quarantined"] as const)("that is %s has ended", (state) => {
    takeJobs([job("running", 2)]);
    takeEvents([progress("sample"), told(3, state)]);
    expect(now()).toMatchObject({ job: { state, finished: 5 }, nodes: {} });
  });

  it("that is queued again begins anew", () => {
    takeJobs([job("running", 2, { outputs: [{ node: "a", index: 0, preview: false, item: {} }] })]);
    takePreview({ job: "j", node: "sample", mime: "image/jpeg", time: 1 }, new Blob());
    takeEvents([progress("sample"), told(3, "requeued", { reason: "retry" })]);
    expect(now()).toMatchObject({ job: { state: "queued", outputs: [] }, previews: {}, nodes: {} });
  });

  it("whose end was only heard of by an answer shows nothing under way", () => {
    takeJobs([job("running", 2)]);
    takePreview({ job: "j", node: "sample", mime: "image/jpeg", time: 1 }, new Blob());
    takeEvents([progress("sample")]);
    takeJobs([job("cancelled", 7)]);
    expect(now()).toMatchObject({ nodes: {}, previews: {} });
  });

  it("says why a node failed", () => {
    takeJobs([job("running", 2)]);
    takeEvents([told(3, "node_failed", { node: "a", type: "t.t", message: "no such file" })]);
    expect(now()?.nodes.a).toEqual({ state: "failed", error: "no such file" });
  });

  it("may have nodes of any name", () => {
    takeJobs([job("running", 2)]);
    expect(now()?.nodes.constructor).toBeUndefined();
    takeEvents([
      progress("__proto__"),
      told(3, "nodes", { finished: JSON.parse('{"__proto__":{"state":"ran","seconds":1}}') }),
    ]);
    expect(Object.entries(now()?.nodes ?? {})).toEqual([
      ["__proto__", { state: "ran", seconds: 1 }],
    ]);
  });
});
