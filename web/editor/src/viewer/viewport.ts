/** Zoom and pan of a picture in a box, as plain arithmetic. A point of the picture is drawn at
 * x + scale * px, y + scale * py. */

export interface View {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

const LEAST = 0.02;
const MOST = 64;
/** What stays in sight of a picture that is pushed out of its box. */
const KEPT = 48;

/** The whole picture, centred; a small one is enlarged, by whole steps so that its pixels stay even. */
export function fitted(picture: Size, box: Size, margin = 16): View {
  const room = {
    width: Math.max(1, box.width - 2 * margin),
    height: Math.max(1, box.height - 2 * margin),
  };
  const exact = Math.min(room.width / picture.width, room.height / picture.height);
  const scale = clamp(exact >= 2 ? Math.floor(exact) : exact, LEAST, MOST);
  return centred(picture, box, scale);
}

export function centred(picture: Size, box: Size, scale: number): View {
  return {
    scale,
    x: (box.width - picture.width * scale) / 2,
    y: (box.height - picture.height * scale) / 2,
  };
}

/** Enlarge around a point of the box, which keeps what it shows. */
export function zoomed(view: View, at: Point, factor: number): View {
  const scale = clamp(view.scale * factor, LEAST, MOST);
  const grown = scale / view.scale;
  return { scale, x: at.x - (at.x - view.x) * grown, y: at.y - (at.y - view.y) * grown };
}

/** Keep some of the picture in sight. */
export function bounded(view: View, picture: Size, box: Size): View {
  const [width, height] = [picture.width * view.scale, picture.height * view.scale];
  const keptX = Math.min(KEPT, width, box.width);
  const keptY = Math.min(KEPT, height, box.height);
  return {
    scale: view.scale,
    x: clamp(view.x, keptX - width, box.width - keptX),
    y: clamp(view.y, keptY - height, box.height - keptY),
  };
}

/** The view of a second picture that lies centred in the frame of the first, as large as fits. */
export function within(view: View, frame: Size, picture: Size): View {
  const fit = Math.min(frame.width / picture.width, frame.height / picture.height);
  const scale = view.scale * fit;
  return {
    scale,
    x: view.x + (frame.width * view.scale - picture.width * scale) / 2,
    y: view.y + (frame.height * view.scale - picture.height * scale) / 2,
  };
}

/** The point of the picture under a point of the box. */
export function toPicture(view: View, at: Point): Point {
  return { x: (at.x - view.x) / view.scale, y: (at.y - view.y) / view.scale };
}

export function moved(view: View, dx: number, dy: number): View {
  return { scale: view.scale, x: view.x + dx, y: view.y + dy };
}

/** Two fingers, before and after: how far apart they went, and where between them it happened. */
export function pinched(
  view: View,
  before: readonly [Point, Point],
  now: readonly [Point, Point],
): View {
  const middle = between(...before);
  const to = between(...now);
  const factor = distance(...now) / Math.max(1, distance(...before));
  return moved(zoomed(view, middle, factor), to.x - middle.x, to.y - middle.y);
}

function between(a: Point, b: Point): Point {
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

/** How much one turn of a wheel enlarges, whatever the device counts in. */
export function wheelFactor(event: {
  readonly deltaY: number;
  readonly deltaMode: number;
  readonly ctrlKey: boolean;
}): number {
  const pixels = event.deltaY * (event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1);
  // A pinch on a touchpad comes as a wheel with Ctrl, in small steps.
  return Math.exp(-clamp(pixels, -240, 240) * (event.ctrlKey ? 0.01 : 0.002));
}

export function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), Math.max(least, most));
}
