/** Reading pictures to paint on, and masks to go on with. */

import type { Size } from "../viewport";
import { MaskBuffer, maskOf } from "./buffer";
import { MaskEdits } from "./edits";

/** An empty mask of a picture's size, or the one begun before. Rejects where one cannot be read. */
export async function beginMask(source: string, initial?: string): Promise<MaskEdits> {
  const picture = await decoded(source);
  const size = { width: picture.naturalWidth, height: picture.naturalHeight };
  const mask = initial
    ? maskOf(pixelsOf(await decoded(initial), size), size)
    : new MaskBuffer(size.width, size.height);
  return new MaskEdits(mask);
}

async function decoded(url: string): Promise<HTMLImageElement> {
  const image = new Image();
  image.src = url;
  await image.decode();
  return image;
}

function pixelsOf(image: HTMLImageElement, { width, height }: Size): Uint8ClampedArray {
  const context = new OffscreenCanvas(width, height).getContext("2d");
  if (!context) throw new Error("no canvas of this size");
  context.drawImage(image, 0, 0, width, height);
  return context.getImageData(0, 0, width, height).data;
}
