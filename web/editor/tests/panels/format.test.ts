import { afterEach, describe, expect, it, vi } from "vitest";

vi.stubGlobal("document", { documentElement: { lang: "" } });
const { setLanguage } = await import("../../src/i18n");
const { bytesText, durationText, momentText } = await import("../../src/panels/format");

afterEach(() => setLanguage("en"));

describe("sizes", () => {
  it("keep two digits at most behind a number that is small", () => {
    expect(bytesText(0)).toBe("0 bytes");
    expect(bytesText(25_113_838)).toBe("25 MB");
    expect(bytesText(6_940_000_000)).toBe("6.9 GB");
    expect(bytesText(1_500)).toBe("1.5 kB");
  });

  it("are written as the language does", async () => {
    await setLanguage("de");
    expect(bytesText(6_940_000_000)).toMatch(/^6,9\sGB$/);
  });
});

describe("durations", () => {
  it.each([
    [0.04, "40 ms"],
    [1.84, "1.8 s"],
    [9.96, "10 s"],
    [59.6, "1 min"],
    [125, "2 min 5 s"],
    [11_400, "3 h 10 min"],
  ])("%s s is %s", (seconds, text) => {
    expect(durationText(seconds)).toBe(text);
  });
});

describe("moments", () => {
  const now = new Date(2026, 10, 26, 15, 0).getTime() / 1000;
  it.each([
    [20, "just now"],
    [5 * 60, "5 min ago"],
    [2 * 3600, "1:00 PM"],
    [20 * 3600, "yesterday, 7:00 PM"],
    [5 * 86_400, "Nov 21"],
    [400 * 86_400, "Oct 22, 2025"],
  ])("%s s ago is %s", (ago, text) => {
    expect(momentText(now - ago, now)).toBe(text);
  });
});
