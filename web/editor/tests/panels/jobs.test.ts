import { describe, expect, it, vi } from "vitest";
import type { JobView, OutputView } from "../../src/api/types";
import type { JobRun } from "../../src/state/runs";

vi.stubGlobal("navigator", { userAgent: "", language: "en" });
vi.stubGlobal("localStorage", { getItem: () => null });
const { durationOf, livePreview, picturesOf, workingOn } = await import("../../src/panels/jobs");

function output(index: number, rest: Partial<OutputView>): OutputView {
  return { node: "save", index, preview: false, item: {}, ...rest };
}

const JOB = {
  id: "1",
  state: "running",
  started: 100,
  finished: 112.5,
  outputs: [
    output(0, { mime: "text/plain" }),
    output(1, { mime: "image/png", preview: true }),
    output(2, { mime: "image/webp" }),
  ],
} as unknown as JobView;

describe("a job", () => {
  it("has pictures, what it saved before what it only showed, by their places among all", () => {
    expect(picturesOf(JOB).map((one) => one.index)).toEqual([2, 1]);
  });

  it("took as long as it ran", () => {
    expect(durationOf(JOB)).toBe(12.5);
    expect(durationOf({ ...JOB, started: null })).toBeNull();
  });

  it("is at the node that counts its steps, and shows what that one shows", () => {
    const run: JobRun = {
      job: JOB,
      nodes: {
        load: { state: "running" },
        sample: { state: "running", done: 3, total: 20 },
        save: { state: "waiting" },
      },
      previews: { sample: "blob:a", other: "blob:b" },
    };
    expect(workingOn(run)).toEqual({ node: "sample", done: 3, total: 20, others: 1 });
    expect(livePreview(run)).toBe("blob:a");
    expect(workingOn({ ...run, nodes: {} })).toBeNull();
    expect(livePreview({ ...run, nodes: {} })).toBe("blob:b");
  });
});
