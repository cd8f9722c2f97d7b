/** Draws a mask over a picture: one colour, as opaque as the mask is selected. */

import { isEmpty, type MaskBuffer, type Region } from "./buffer";

export class Overlay {
  private readonly context: CanvasRenderingContext2D | null;
  private readonly colour: readonly [number, number, number];

  constructor(
    canvas: HTMLCanvasElement,
    private readonly mask: MaskBuffer,
  ) {
    canvas.width = mask.width;
    canvas.height = mask.height;
    this.context = canvas.getContext("2d");
    this.colour = colourOf(getComputedStyle(canvas).getPropertyValue("--kind-mask"));
    this.draw(mask.whole);
  }

  draw(region: Region): void {
    if (isEmpty(region) || !this.context) return;
    const { x, y, width, height } = region;
    const pixels = this.context.createImageData(width, height);
    const [r, g, b] = this.colour;
    for (let row = 0, at = 0; row < height; row++) {
      const start = (y + row) * this.mask.width + x;
      for (let column = 0; column < width; column++, at += 4) {
        pixels.data[at] = r;
        pixels.data[at + 1] = g;
        pixels.data[at + 2] = b;
        pixels.data[at + 3] = this.mask.data[start + column] as number;
      }
    }
    this.context.putImageData(pixels, x, y);
  }
}

function colourOf(token: string): [number, number, number] {
  const hex = /^\s*#([0-9a-f]{6})\s*$/i.exec(token)?.[1] ?? "ffffff";
  const value = Number.parseInt(hex, 16);
  return [value >> 16, (value >> 8) & 0xff, value & 0xff];
}
