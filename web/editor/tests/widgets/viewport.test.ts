import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  bounded,
  centred,
  fitted,
  moved,
  pinched,
  toPicture,
  wheelFactor,
  within,
  zoomed,
} from "../../src/viewer/viewport";

const BOX = { width: 800, height: 600 };
const size = fc.record({
  width: fc.integer({ min: 1, max: 8192 }),
  height: fc.integer({ min: 1, max: 8192 }),
});
const place = fc.double({ min: -2000, max: 2000, noNaN: true });

describe("the viewport", () => {
  it("shows the whole of a picture, centred", () => {
    fc.assert(
      fc.property(size, (picture) => {
        const view = fitted(picture, BOX);
        expect(view.x * 2 + picture.width * view.scale).toBeCloseTo(BOX.width, 6);
        expect(view.y * 2 + picture.height * view.scale).toBeCloseTo(BOX.height, 6);
        if (view.scale <= 0.02) return;
        expect(picture.width * view.scale).toBeLessThanOrEqual(BOX.width - 32 + 1e-6);
        expect(picture.height * view.scale).toBeLessThanOrEqual(BOX.height - 32 + 1e-6);
      }),
    );
    expect(fitted({ width: 64, height: 64 }, BOX).scale).toBe(8);
    expect(fitted({ width: 1536, height: 1136 }, BOX).scale).toBe(0.5);
  });

  it("zooms around the pointer", () => {
    fc.assert(
      fc.property(place, place, fc.double({ min: 0.2, max: 5, noNaN: true }), (x, y, factor) => {
        const view = centred({ width: 512, height: 512 }, BOX, 1);
        const before = toPicture(view, { x, y });
        const after = toPicture(zoomed(view, { x, y }, factor), { x, y });
        expect(after.x).toBeCloseTo(before.x, 6);
        expect(after.y).toBeCloseTo(before.y, 6);
      }),
    );
    expect(zoomed({ scale: 1, x: 0, y: 0 }, { x: 0, y: 0 }, 1e9).scale).toBe(64);
  });

  it("keeps some of the picture in sight", () => {
    fc.assert(
      fc.property(size, place, place, (picture, dx, dy) => {
        const view = bounded(moved(fitted(picture, BOX), dx * 9, dy * 9), picture, BOX);
        expect(view.x).toBeLessThan(BOX.width);
        expect(view.y).toBeLessThan(BOX.height);
        expect(view.x + picture.width * view.scale).toBeGreaterThan(0);
        expect(view.y + picture.height * view.scale).toBeGreaterThan(0);
      }),
    );
  });

  it("pinches: what was between the fingers stays there", () => {
    const view = { scale: 1, x: 10, y: 20 };
    const now = pinched(
      view,
      [
        { x: 100, y: 100 },
        { x: 200, y: 100 },
      ],
      [
        { x: 150, y: 150 },
        { x: 350, y: 150 },
      ],
    );
    expect(now.scale).toBe(2);
    expect(toPicture(now, { x: 250, y: 150 })).toEqual(toPicture(view, { x: 150, y: 100 }));
  });

  it("lays a second picture into the first one's frame", () => {
    const view = { scale: 2, x: 5, y: 6 };
    const frame = { width: 100, height: 100 };
    expect(within(view, frame, frame)).toEqual(view);
    expect(within(view, frame, { width: 50, height: 100 })).toEqual({ scale: 2, x: 55, y: 6 });
    expect(within(view, frame, { width: 200, height: 200 })).toEqual({ scale: 1, x: 5, y: 6 });
  });

  it("turns wheels alike, whatever they count in", () => {
    const turn = (deltaY: number, deltaMode = 0, ctrlKey = false) =>
      wheelFactor({ deltaY, deltaMode, ctrlKey });
    expect(turn(100)).toBeLessThan(1);
    expect(turn(-100) * turn(100)).toBeCloseTo(1);
    expect(turn(-3, 1)).toBeCloseTo(turn(-48));
    expect(turn(-10, 0, true)).toBeGreaterThan(turn(-10));
    expect(turn(-1e9)).toBe(turn(-240));
  });
});
