import { describe, expect, it } from "vitest";
import { curveOf, shownLevel } from "../../src/widgets/curve";
import { matching, neighbour } from "../../src/widgets/matching";
import { place } from "../../src/widgets/place";
import { shownBytes } from "../../src/widgets/text";
import { named } from "../../src/widgets/uploads";

describe("matching", () => {
  const options = ["ddpm", "dpm_2", "dpm_2_ancestral", "sub/dpm-x.safetensors", "Größe"].map(
    (label) => ({ key: label, label }),
  );
  const found = (query: string) => matching(options, query).map((one) => one.key);

  it("ranks what begins with the words first", () => {
    expect(found("dpm").slice(0, 2)).toEqual(["dpm_2", "dpm_2_ancestral"]);
    expect(found("dpm").at(-1)).toBe("ddpm");
  });

  it("needs every word, in any order, and no accents", () => {
    expect(found("ancestral dpm")).toEqual(["dpm_2_ancestral"]);
    expect(found("grosse")).toEqual([]);
    expect(found("große")).toEqual(["Größe"]);
    expect(found("")).toHaveLength(options.length);
  });

  it("walks within the list", () => {
    expect(neighbour(options, "ddpm", -1)).toBe("ddpm");
    expect(neighbour(options, "ddpm", 2)).toBe("dpm_2_ancestral");
    expect(neighbour(options, null, 1)).toBe("ddpm");
    expect(neighbour(options, "gone", -1)).toBe("Größe");
    expect(neighbour([], null, 1)).toBeNull();
  });
});

describe("place", () => {
  const view = { width: 1000, height: 600 };

  it("goes below, or above where there is more room", () => {
    const size = { width: 200, height: 300 };
    expect(place({ left: 100, top: 50, width: 80, height: 24 }, size, view).top).toBe(78);
    expect(place({ left: 100, top: 500, width: 80, height: 24 }, size, view).top).toBe(196);
  });

  it("never leaves the window", () => {
    const placed = place(
      { left: 950, top: 300, width: 80, height: 24 },
      { width: 200, height: 900 },
      view,
    );
    expect(placed.left).toBe(792);
    expect(placed.top).toBeGreaterThanOrEqual(8);
    expect(placed.top + placed.maxHeight).toBeLessThanOrEqual(592);
  });
});

describe("curveOf", () => {
  it("falls from the top to the floor, where the last level of 0 stands", () => {
    const curve = curveOf([10, 1, 0.1, 0], 90, 100);
    expect(curve?.dots.map(([x]) => x)).toEqual([0, 30, 60, 90]);
    const ys = curve?.dots.map(([, y]) => y) ?? [];
    expect(ys).toEqual([...ys].sort((a, b) => a - b));
    expect([ys[0], ys[3]]).toEqual([0, 100]);
    // A tenfold fall is the same distance everywhere on the axis.
    expect((ys[1] ?? 0) - (ys[0] ?? 0)).toBeCloseTo((ys[2] ?? 0) - (ys[1] ?? 0), 5);
  });

  it("draws level schedules, and none of what is no schedule", () => {
    expect(curveOf([1, 1], 10, 10)?.line).toBe("M0 5L10 5");
    expect(curveOf([], 10, 10)).toBeNull();
    expect(curveOf([1], 10, 10)).toBeNull();
    expect(curveOf([0, 0], 10, 10)).toBeNull();
    expect(curveOf([Number.NaN, Number.POSITIVE_INFINITY], 10, 10)).toBeNull();
  });

  it("shows levels in three figures", () => {
    expect([14.6146, 0.0291675, 0, 12345, 0.00001].map(shownLevel)).toEqual([
      "14.6",
      "0.0292",
      "0",
      "1.2e+4",
      "1.0e-5",
    ]);
  });
});

describe("names and sizes", () => {
  it("gives pasted pictures a name of their own", () => {
    const at = new Date("2025-03-04T05:06:07Z");
    const of = (name: string, type: string) => named(new File([], name, { type }), at).name;
    expect(of("image.png", "image/png")).toBe("pasted-2025-03-04-05-06-07.png");
    expect(of("", "image/jpeg")).toBe("pasted-2025-03-04-05-06-07.jpg");
    expect(of("sketch.png", "image/png")).toBe("sketch.png");
  });

  it("writes sizes shortly", () => {
    expect(shownBytes(2_132_625_894, "en")).toBe("2.13 GB");
    expect(shownBytes(512, "en")).toBe("512 bytes");
    expect(shownBytes(0, "en")).toBe("0 bytes");
  });
});
