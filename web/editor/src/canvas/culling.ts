/** Which nodes are near enough to the viewport to be mounted. */

export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** How far beyond the viewport nodes are mounted, as a share of its size. */
const MARGIN = 0.5;

export function intersects(a: Rect, b: Rect): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

export function contains(outer: Rect, inner: Rect): boolean {
  return (
    inner.x >= outer.x &&
    inner.y >= outer.y &&
    inner.x + inner.width <= outer.x + outer.width &&
    inner.y + inner.height <= outer.y + outer.height
  );
}

/** The part of the canvas that a viewport shows. */
export function shownRect(
  view: { readonly x: number; readonly y: number; readonly zoom: number },
  width: number,
  height: number,
): Rect {
  const { x, y, zoom } = view;
  return { x: -x / zoom, y: -y / zoom, width: width / zoom, height: height / zoom };
}

/**
 * The rectangle to mount nodes in. The old one is kept while it covers what is shown and is not far
 * too large, so that panning mounts nothing most of the time.
 */
export function mountRect(shown: Rect, old: Rect | null): Rect {
  const roomy = grown(shown, MARGIN);
  const tooLarge = old !== null && old.width > roomy.width * 1.5;
  return old !== null && !tooLarge && contains(old, grown(shown, 0.02)) ? old : roomy;
}

function grown(one: Rect, share: number): Rect {
  const dx = one.width * share;
  const dy = one.height * share;
  return {
    x: one.x - dx,
    y: one.y - dy,
    width: one.width + 2 * dx,
    height: one.height + 2 * dy,
  };
}
