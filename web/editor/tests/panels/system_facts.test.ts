import { describe, expect, it } from "vitest";
import { devicesOf, poolOf, tiersOf } from "../../src/panels/settings/system_facts";

describe("what the server says of its machine", () => {
  it("is read where it is there", () => {
    expect(poolOf({ total: 10, available: 4 })).toEqual({ used: 6, total: 10 });
    expect(poolOf({ total: 10, free: 3 })).toEqual({ used: 7, total: 10 });
    expect(poolOf({ total: 10 })).toBeNull();
    expect(poolOf({ total: "many", free: 1 })).toBeNull();
  });

  it("names the tiers that there are", () => {
    const cache = { device: null, host: { values: 1, bytes: 2, budget: 3 }, disk: { values: 4 } };
    expect(tiersOf(cache)).toEqual([
      { tier: "host", values: 1, bytes: 2, budget: 3 },
      { tier: "disk", values: 4, bytes: 0, budget: 0 },
    ]);
    expect(tiersOf({})).toEqual([]);
  });

  it("names devices, by their ids where they have no title", () => {
    const devices = devicesOf([
      { name: "cpu", title: "", used: true },
      { name: "cuda:0", title: "GPU" },
    ]);
    expect(devices.map((one) => one.title)).toEqual(["cpu", "GPU"]);
    expect(devices[0]?.used).toBe(true);
  });
});
