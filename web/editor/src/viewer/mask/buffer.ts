/** A mask being painted: one byte a pixel, 255 = selected. */

import type { Point, Size } from "../viewport";

/** Whole pixels; empty where width or height is 0. */
export interface Region {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export const NOWHERE: Region = { x: 0, y: 0, width: 0, height: 0 };

export interface Brush {
  /** In pixels of the picture. */
  readonly radius: number;
  /** 1 has an even edge, 0 fades from the middle. */
  readonly hardness: number;
  readonly erase: boolean;
}

// Of a shape's edge: rows within a row, for smooth slanted lines.
const SUBROWS = 4;

export class MaskBuffer {
  readonly data: Uint8ClampedArray;

  constructor(
    readonly width: number,
    readonly height: number,
    data?: Uint8ClampedArray,
  ) {
    this.data = data ?? new Uint8ClampedArray(width * height);
  }

  get whole(): Region {
    return { x: 0, y: 0, width: this.width, height: this.height };
  }

  /** One touch of the brush. Touching twice changes nothing more. */
  dab(at: Point, brush: Brush): Region {
    const { radius, hardness, erase } = brush;
    const region = clip(around(at, radius + 1), this);
    const fade = Math.max(1, radius * (1 - hardness));
    for (let y = region.y; y < region.y + region.height; y++) {
      for (let x = region.x; x < region.x + region.width; x++) {
        const distance = Math.hypot(x + 0.5 - at.x, y + 0.5 - at.y);
        const cover = Math.min(1, (radius + 0.5 - distance) / fade);
        if (cover > 0) this.cover(y * this.width + x, smooth(cover), erase);
      }
    }
    return region;
  }

  /** Fill a closed shape, by the even-odd rule. */
  polygon(points: readonly Point[], erase: boolean): Region {
    const region = clip(boundsOf(points), this);
    const row = new Float32Array(region.width);
    for (let y = region.y; y < region.y + region.height; y++) {
      row.fill(0);
      for (let sub = 0; sub < SUBROWS; sub++)
        spans(points, y + (sub + 0.5) / SUBROWS, (from, to) => addSpan(row, from, to, region.x));
      for (const [index, cover] of row.entries())
        if (cover > 0)
          this.cover(y * this.width + region.x + index, Math.min(1, cover / SUBROWS), erase);
    }
    return region;
  }

  fill(value: number): Region {
    this.data.fill(value);
    return this.whole;
  }

  invert(): Region {
    const { data } = this;
    for (let index = 0; index < data.length; index++) data[index] = 255 - (data[index] as number);
    return this.whole;
  }

  private cover(index: number, amount: number, erase: boolean): void {
    const was = this.data[index] as number;
    const level = Math.round(amount * 255);
    this.data[index] = erase ? Math.min(was, 255 - level) : Math.max(was, level);
  }
}

function smooth(t: number): number {
  return t >= 1 ? 1 : t * t * (3 - 2 * t);
}

function around(at: Point, reach: number): Region {
  const [x, y] = [Math.floor(at.x - reach), Math.floor(at.y - reach)];
  return { x, y, width: Math.ceil(at.x + reach) - x, height: Math.ceil(at.y + reach) - y };
}

function boundsOf(points: readonly Point[]): Region {
  if (points.length < 3) return NOWHERE;
  const xs = points.map((one) => one.x);
  const ys = points.map((one) => one.y);
  const [x, y] = [Math.floor(Math.min(...xs)), Math.floor(Math.min(...ys))];
  return { x, y, width: Math.ceil(Math.max(...xs)) - x, height: Math.ceil(Math.max(...ys)) - y };
}

/** Where a level line is inside the shape, from left to right. */
function spans(
  points: readonly Point[],
  y: number,
  each: (from: number, to: number) => void,
): void {
  const crossings: number[] = [];
  for (const [index, a] of points.entries()) {
    const b = points[(index + 1) % points.length] as Point;
    if (a.y <= y === b.y <= y) continue;
    crossings.push(a.x + ((y - a.y) / (b.y - a.y)) * (b.x - a.x));
  }
  crossings.sort((a, b) => a - b);
  for (let index = 0; index + 1 < crossings.length; index += 2)
    each(crossings[index] as number, crossings[index + 1] as number);
}

/** Add how much of each pixel lies between two places of a row that begins at `left`. */
function addSpan(row: Float32Array, from: number, to: number, left: number): void {
  const first = Math.max(0, Math.floor(from - left));
  const last = Math.min(row.length - 1, Math.ceil(to - left) - 1);
  for (let index = first; index <= last; index++) {
    const cover = Math.min(to - left, index + 1) - Math.max(from - left, index);
    row[index] = (row[index] as number) + Math.max(0, cover);
  }
}

export function clip(region: Region, size: Size): Region {
  const x = Math.max(0, region.x);
  const y = Math.max(0, region.y);
  const width = Math.min(size.width, region.x + region.width) - x;
  const height = Math.min(size.height, region.y + region.height) - y;
  return width > 0 && height > 0 ? { x, y, width, height } : NOWHERE;
}

export function isEmpty(region: Region): boolean {
  return region.width === 0 || region.height === 0;
}

/** The smallest region around both. */
export function union(a: Region, b: Region): Region {
  if (isEmpty(a)) return b;
  if (isEmpty(b)) return a;
  const [x, y] = [Math.min(a.x, b.x), Math.min(a.y, b.y)];
  return {
    x,
    y,
    width: Math.max(a.x + a.width, b.x + b.width) - x,
    height: Math.max(a.y + a.height, b.y + b.height) - y,
  };
}

/** The mask in a picture's pixels: how bright and how opaque they are. */
export function maskOf(pixels: Uint8ClampedArray, size: Size): MaskBuffer {
  const mask = new MaskBuffer(size.width, size.height);
  const at = (index: number) => pixels[index] as number;
  for (let pixel = 0, index = 0; pixel < mask.data.length; pixel++, index += 4) {
    const light = 0.2126 * at(index) + 0.7152 * at(index + 1) + 0.0722 * at(index + 2);
    mask.data[pixel] = (light * at(index + 3)) / 255;
  }
  return mask;
}
