/** From the points that a pointer reports to touches of the brush, evenly spaced. */

import type { Point } from "../viewport";

export interface Touch extends Point {
  /** 0 to 1; 1 for a pointer that knows no pressure. */
  readonly pressure: number;
}

// Of the radius: close enough that the edge of a stroke is smooth.
const SPACING = 0.2;

export class Stroke {
  private last: Touch | null = null;

  constructor(private readonly radius: number) {}

  /** The touches from the last point to this one, the first point itself included. */
  to(next: Touch): Touch[] {
    const from = this.last;
    if (!from) {
      this.last = next;
      return [next];
    }
    const length = Math.hypot(next.x - from.x, next.y - from.y);
    const step = Math.max(0.5, this.radius * SPACING * Math.min(from.pressure, next.pressure));
    const count = Math.floor(length / step);
    const touches: Touch[] = [];
    for (let index = 1; index <= count; index++) {
      const part = (index * step) / length;
      touches.push({
        x: from.x + (next.x - from.x) * part,
        y: from.y + (next.y - from.y) * part,
        pressure: from.pressure + (next.pressure - from.pressure) * part,
      });
    }
    this.last = touches.at(-1) ?? from;
    return touches;
  }
}

/** The radius under a pressure: never so small that nothing is painted. */
export function pressedRadius(radius: number, pressure: number): number {
  return Math.max(0.5, radius * (0.2 + 0.8 * pressure));
}

const LEAST = 1;
const MOST = 512;

/** The next brush up or down: by a fifth, by at least one pixel. */
export function nextSize(size: number, up: boolean): number {
  const by = Math.max(1, Math.round(size * 0.2));
  return Math.min(MOST, Math.max(LEAST, size + (up ? by : -by)));
}
