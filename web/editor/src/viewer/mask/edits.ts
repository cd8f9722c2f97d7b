/** A mask and what was done to it, step by step. A step keeps only the region it touched. */

import { isEmpty, MaskBuffer, NOWHERE, type Region, union } from "./buffer";

interface Step {
  readonly region: Region;
  /** What the region holds on the other side of this step. */
  readonly other: Uint8ClampedArray;
}

// Of all steps together, in bytes; the oldest are forgotten first.
const MOST = 192 * 1024 * 1024;

export class MaskEdits {
  private readonly settled: MaskBuffer;
  private touched: Region = NOWHERE;
  private undone: Step[] = [];
  private done: Step[] = [];
  private bytes = 0;

  constructor(
    readonly mask: MaskBuffer,
    private readonly most = MOST,
  ) {
    this.settled = new MaskBuffer(mask.width, mask.height, mask.data.slice());
  }

  get canUndo(): boolean {
    return this.done.length > 0;
  }

  get canRedo(): boolean {
    return this.undone.length > 0;
  }

  /** Say where the mask was changed; `commit` makes one step of all since the last. */
  touch(region: Region): Region {
    this.touched = union(this.touched, region);
    return region;
  }

  commit(): void {
    const region = this.touched;
    this.touched = NOWHERE;
    if (isEmpty(region)) return;
    const before = cut(this.settled, region);
    if (same(before, cut(this.mask, region))) return;
    copy(this.mask, this.settled, region);
    this.done.push({ region, other: before });
    this.undone = [];
    this.bytes = this.done.reduce((sum, one) => sum + one.other.length, 0);
    while (this.bytes > this.most && this.done.length > 1)
      this.bytes -= (this.done.shift() as Step).other.length;
  }

  /** Take back what came since the last commit. */
  abandon(): Region {
    const region = this.touched;
    this.touched = NOWHERE;
    copy(this.settled, this.mask, region);
    return region;
  }

  undo(): Region {
    return this.step(this.done, this.undone);
  }

  redo(): Region {
    return this.step(this.undone, this.done);
  }

  private step(from: Step[], to: Step[]): Region {
    const step = from.pop();
    if (!step) return NOWHERE;
    to.push({ region: step.region, other: cut(this.mask, step.region) });
    paste(step.other, this.mask, step.region);
    paste(step.other, this.settled, step.region);
    return step.region;
  }
}

function cut(from: MaskBuffer, region: Region): Uint8ClampedArray {
  const out = new Uint8ClampedArray(region.width * region.height);
  for (let row = 0; row < region.height; row++) {
    const start = (region.y + row) * from.width + region.x;
    out.set(from.data.subarray(start, start + region.width), row * region.width);
  }
  return out;
}

function paste(bytes: Uint8ClampedArray, into: MaskBuffer, region: Region): void {
  for (let row = 0; row < region.height; row++) {
    const line = bytes.subarray(row * region.width, (row + 1) * region.width);
    into.data.set(line, (region.y + row) * into.width + region.x);
  }
}

function copy(from: MaskBuffer, into: MaskBuffer, region: Region): void {
  paste(cut(from, region), into, region);
}

function same(a: Uint8ClampedArray, b: Uint8ClampedArray): boolean {
  return a.every((one, index) => one === b[index]);
}
