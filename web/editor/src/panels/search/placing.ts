/** Where the search opens: at the pointer, and never out of the window. */

interface Point {
  readonly x: number;
  readonly y: number;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

export const BOX: Size = { width: 420, height: 440 };
const MARGIN = 8;

/** The top left corner of the box, and how high it may be. */
export function boxAt(pointer: Point, view: Size): Point & Size {
  const width = Math.min(BOX.width, view.width - 2 * MARGIN);
  const height = Math.min(BOX.height, view.height - 2 * MARGIN);
  const clamped = (wanted: number, most: number) => Math.max(MARGIN, Math.min(wanted, most));
  return {
    x: clamped(pointer.x, view.width - MARGIN - width),
    y: clamped(pointer.y, view.height - MARGIN - height),
    width,
    height,
  };
}
