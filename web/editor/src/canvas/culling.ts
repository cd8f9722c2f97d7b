/** Which nodes are near enough to the viewport to be mounted. */

export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** How far beyond the viewport nodes are mounted, in pixels of the screen. */
const MARGIN = 240;
/** How much of that must be left; else the rectangle is made anew. */
const LEAST = 20;

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
export function mountRect(shown: Rect, zoom: number, old: Rect | null): Rect {
  const roomy = grown(shown, MARGIN / zoom);
  const tooLarge = old !== null && old.width > roomy.width * 1.3;
  return old !== null && !tooLarge && contains(old, grown(shown, LEAST / zoom)) ? old : roomy;
}

function grown({ x, y, width, height }: Rect, by: number): Rect {
  return { x: x - by, y: y - by, width: width + 2 * by, height: height + 2 * by };
}

/** What a frame may mount and unmount; more would be seen as a stutter. */
const MOUNTS = 6;
const UNMOUNTS = 16;

/**
 * One step from what is mounted towards what should be; the same set where they are the same.
 * wanted: in the order in which they are mounted.
 */
export function approach(
  mounted: ReadonlySet<string>,
  wanted: readonly string[],
): ReadonlySet<string> {
  const goal = new Set(wanted);
  const added = wanted.filter((id) => !mounted.has(id)).slice(0, MOUNTS);
  const gone = [...mounted].filter((id) => !goal.has(id)).slice(0, UNMOUNTS);
  if (added.length === 0 && gone.length === 0) return mounted;
  const next = new Set(mounted);
  for (const id of gone) next.delete(id);
  for (const id of added) next.add(id);
  return next;
}
