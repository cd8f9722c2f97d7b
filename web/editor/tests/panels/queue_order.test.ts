import { describe, expect, it } from "vitest";
import type { JobView } from "../../src/api/types";
import { indexForGap, movedTo, placeAt, waitingJobs } from "../../src/panels/queue_order";

const ORDER = ["a", "b", "c", "d"];

describe("placeAt", () => {
  it.each([
    ["c", 0, "front"],
    ["a", 3, "back"],
    ["a", 9, "back"],
    ["a", 1, { before: "c" }],
    ["d", 1, { before: "b" }],
    ["b", 1, null],
  ] as const)("%s to %s", (id, index, place) => {
    expect(placeAt(ORDER, id, index)).toEqual(place);
  });

  it("tells the server what the list shows meanwhile", () => {
    for (const id of ORDER)
      for (let index = 0; index < ORDER.length; index++) {
        const place = placeAt(ORDER, id, index);
        const shown = movedTo(ORDER, id, index);
        expect(shown.indexOf(id)).toBe(index);
        if (place !== null && typeof place === "object")
          expect(shown[index + 1]).toBe(place.before);
      }
  });
});

describe("indexForGap", () => {
  it("counts without the row that is carried", () => {
    expect(indexForGap(ORDER, "a", 2)).toBe(1);
    expect(indexForGap(ORDER, "d", 2)).toBe(2);
    expect(indexForGap(ORDER, "b", 1)).toBe(1);
    expect(indexForGap(ORDER, "b", 2)).toBe(1);
  });
});

describe("waitingJobs", () => {
  it("are in the queue's order, the older first where the server has not said yet", () => {
    const job = (id: string, position: number | null, created: number) =>
      ({ id, state: "queued", position, created }) as JobView;
    const jobs = [job("b", 1, 0), job("d", 2, 9), job("c", 2, 5), job("a", 0, 7)];
    expect(waitingJobs(jobs).map((one) => one.id)).toEqual(["a", "b", "c", "d"]);
  });
});
