/** One gesture of painting, from the first point to the last, whatever the pointer is. */

import type { Point } from "../viewport";
import type { Region } from "./buffer";
import type { MaskEdits } from "./edits";
import { pressedRadius, Stroke, type Touch } from "./stroke";

export type Tool = "brush" | "eraser" | "rectangle" | "lasso" | "hand";

export interface Pen {
  readonly tool: Tool;
  /** Diameter, in pixels of the picture. */
  readonly size: number;
  readonly hardness: number;
}

export class Gesture {
  private readonly stroke: Stroke;
  private readonly corners: Point[] = [];

  constructor(
    private readonly edits: MaskEdits,
    private readonly pen: Pen,
    private readonly erase: boolean,
    private readonly draw: (region: Region) => void,
  ) {
    this.stroke = new Stroke(pen.size / 2);
  }

  /** The outline of the shape so far; empty for a brush. */
  get outline(): readonly Point[] {
    const [a, b] = [this.corners[0], this.corners.at(-1)];
    if (this.pen.tool !== "rectangle" || !a || !b) return this.corners;
    return [a, { x: b.x, y: a.y }, b, { x: a.x, y: b.y }];
  }

  to(touch: Touch): void {
    const { tool, size, hardness } = this.pen;
    if (tool === "rectangle" || tool === "lasso") {
      this.corners.push({ x: touch.x, y: touch.y });
      return;
    }
    for (const one of this.stroke.to(touch)) {
      const radius = pressedRadius(size / 2, one.pressure);
      this.draw(
        this.edits.touch(this.edits.mask.dab(one, { radius, hardness, erase: this.erase })),
      );
    }
  }

  end(): void {
    const { outline } = this;
    if (outline.length > 2)
      this.draw(this.edits.touch(this.edits.mask.polygon(outline, this.erase)));
    this.edits.commit();
  }

  abandon(): void {
    this.draw(this.edits.abandon());
  }
}
