import { inflateSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clip, MaskBuffer, maskOf, NOWHERE, union } from "../../src/viewer/mask/buffer";
import { MaskEdits } from "../../src/viewer/mask/edits";
import { Gesture, type Pen } from "../../src/viewer/mask/gesture";
import { greyPng } from "../../src/viewer/mask/png";
import { nextSize, pressedRadius, Stroke } from "../../src/viewer/mask/stroke";

const HARD = { radius: 5, hardness: 1, erase: false };

function sum(mask: MaskBuffer): number {
  return mask.data.reduce((total, one) => total + one, 0) / 255;
}

describe("a mask", () => {
  it("takes a round touch of the brush, of the circle's area", () => {
    const mask = new MaskBuffer(40, 40);
    const region = mask.dab({ x: 20, y: 20 }, { ...HARD, radius: 10 });
    // An edge one pixel wide, half in and half out: the area within a hundredth.
    expect(sum(mask) / (Math.PI * 100)).toBeCloseTo(1, 1);
    expect(mask.data[20 * 40 + 20]).toBe(255);
    expect(region.x).toBeGreaterThanOrEqual(8);
    expect(region.width).toBeLessThanOrEqual(24);
  });

  it("is changed once by touching twice", () => {
    const mask = new MaskBuffer(30, 30);
    const soft = { radius: 8, hardness: 0.2, erase: false };
    mask.dab({ x: 15, y: 15 }, soft);
    const once = mask.data.slice();
    mask.dab({ x: 15, y: 15 }, soft);
    expect(mask.data).toEqual(once);
    mask.dab({ x: 15, y: 15 }, { ...soft, hardness: 1, radius: 12, erase: true });
    expect(sum(mask)).toBe(0);
  });

  it("fills shapes to the pixel, and slanted edges in between", () => {
    const mask = new MaskBuffer(20, 20);
    const corners = [
      { x: 2, y: 3 },
      { x: 12, y: 3 },
      { x: 12, y: 8.5 },
      { x: 2, y: 8.5 },
    ];
    mask.polygon(corners, false);
    expect(sum(mask)).toBeCloseTo(10 * 5.5, 0);
    expect(mask.data[3 * 20 + 2]).toBe(255);
    expect(mask.data[8 * 20 + 5]).toBe(128);
    expect(mask.data[9 * 20 + 5]).toBe(0);
    const triangle = new MaskBuffer(40, 40);
    triangle.polygon(
      [
        { x: 0, y: 0 },
        { x: 40, y: 0 },
        { x: 0, y: 40 },
      ],
      false,
    );
    expect(sum(triangle) / 800).toBeCloseTo(1, 1);
  });

  it("stays within its edges, wherever it is touched", () => {
    const at = fc.record({
      x: fc.double({ min: -50, max: 80, noNaN: true }),
      y: fc.double({ min: -50, max: 80, noNaN: true }),
    });
    fc.assert(
      fc.property(at, at, at, fc.double({ min: 0.5, max: 60, noNaN: true }), (a, b, c, radius) => {
        const mask = new MaskBuffer(30, 20);
        for (const region of [mask.dab(a, { ...HARD, radius }), mask.polygon([a, b, c], false)]) {
          expect(region).toEqual(clip(region, mask));
          expect(union(region, NOWHERE)).toEqual(region);
        }
        expect(mask.data).toHaveLength(600);
      }),
    );
  });

  it("reads what is bright and opaque", () => {
    const pixels = new Uint8ClampedArray([255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0, 255]);
    expect([...maskOf(pixels, { width: 3, height: 1 }).data]).toEqual([255, 0, 0]);
  });
});

const PENS: readonly Pen[] = [
  { tool: "brush", size: 6, hardness: 0.7 },
  { tool: "eraser", size: 9, hardness: 1 },
  { tool: "rectangle", size: 1, hardness: 1 },
  { tool: "lasso", size: 1, hardness: 1 },
];

describe("edits of a mask", () => {
  const point = fc.record({
    x: fc.double({ min: -5, max: 45, noNaN: true }),
    y: fc.double({ min: -5, max: 45, noNaN: true }),
    pressure: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  const step = fc.record({
    pen: fc.constantFrom(...PENS),
    points: fc.array(point, { minLength: 1, maxLength: 5 }),
    keep: fc.boolean(),
  });

  it("undo to nothing and redo to the same, in any order of steps", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
        const edits = new MaskEdits(new MaskBuffer(40, 40));
        const states = [edits.mask.data.slice()];
        for (const { pen, points, keep } of steps) {
          const gesture = new Gesture(edits, pen, pen.tool === "eraser", () => undefined);
          for (const one of points) gesture.to(one);
          const before = states.at(-1);
          if (keep) gesture.end();
          else {
            gesture.abandon();
            expect(edits.mask.data).toEqual(before);
          }
          // A step that changes nothing is no step.
          if (edits.mask.data.some((one, index) => one !== before?.[index]))
            states.push(edits.mask.data.slice());
        }
        for (const state of states.slice(0, -1).reverse()) {
          edits.undo();
          expect(edits.mask.data).toEqual(state);
        }
        expect(edits.canUndo).toBe(false);
        for (const state of states.slice(1)) {
          edits.redo();
          expect(edits.mask.data).toEqual(state);
        }
        expect(edits.canRedo).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  it("forget the oldest when they are too many", () => {
    const edits = new MaskEdits(new MaskBuffer(10, 10), 250);
    for (const value of [255, 0, 255, 0]) {
      edits.touch(edits.mask.fill(value));
      edits.commit();
    }
    edits.undo();
    edits.undo();
    expect(edits.canUndo).toBe(false);
    expect(edits.mask.data[0]).toBe(0);
  });
});

describe("a stroke", () => {
  it("is evenly spaced, however the pointer reports", () => {
    const once = new Stroke(10);
    const often = new Stroke(10);
    const touch = (x: number) => ({ x, y: 0, pressure: 1 });
    once.to(touch(0));
    const a = once.to(touch(50)).map((one) => one.x);
    often.to(touch(0));
    const b = [7, 13, 21, 22, 37, 50].flatMap((x) => often.to(touch(x)).map((one) => one.x));
    expect(a).toHaveLength(25);
    expect(b.map((x) => Math.round(x * 1e6))).toEqual(a.map((x) => Math.round(x * 1e6)));
  });

  it("feels the pen", () => {
    expect(pressedRadius(10, 1)).toBe(10);
    expect(pressedRadius(10, 0)).toBe(2);
    expect(pressedRadius(0.5, 0)).toBe(0.5);
    expect([
      nextSize(1, true),
      nextSize(1, false),
      nextSize(100, true),
      nextSize(512, true),
    ]).toEqual([2, 1, 120, 512]);
  });
});

describe("greyPng", () => {
  it("writes the exact levels in one channel", async () => {
    const data = new Uint8ClampedArray([0, 1, 127, 128, 254, 255]);
    const bytes = Buffer.from(await (await greyPng(3, 2, data)).arrayBuffer());
    expect(bytes.subarray(1, 4).toString()).toBe("PNG");
    expect(bytes.subarray(12, 16).toString()).toBe("IHDR");
    expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20), bytes[24], bytes[25]]).toEqual([
      3, 2, 8, 0,
    ]);
    // The checksum of the end is the same in every PNG.
    expect(bytes.subarray(-4).toString("hex")).toBe("ae426082");
    const start = bytes.indexOf("IDAT");
    const length = bytes.readUInt32BE(start - 4);
    const rows = inflateSync(bytes.subarray(start + 4, start + 4 + length));
    expect([...rows]).toEqual([0, 0, 1, 127, 0, 128, 254, 255]);
  });
});
