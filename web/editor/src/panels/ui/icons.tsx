/** The icons of the page: 16 px, strokes in the text's colour. */

import type { ReactNode } from "react";

const SOLID = { fill: "currentColor", stroke: "none" } as const;

function dots(...at: readonly (readonly [number, number])[]): ReactNode {
  return at.map(([x, y]) => <circle key={`${x} ${y}`} cx={x} cy={y} r="1.1" {...SOLID} />);
}

function strokes(path: string): ReactNode {
  return <path d={path} />;
}

function solid(path: string): ReactNode {
  return <path d={path} {...SOLID} strokeLinejoin="round" />;
}

const CLOCK = "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12z";

export const ICONS = {
  logo: strokes(
    "M1.5 4.5h2.8c3.6 0 3.8 7 7.4 7h2.8M1.5 11.5h2.8c1.2 0 2-.8 2.6-1.9M9.1 6.4c.6-1.1 1.4-1.9 2.6-1.9h2.8",
  ),
  run: solid("M4.5 2.9v10.2c0 .4.4.6.7.4l8-5.1c.3-.2.3-.6 0-.8l-8-5.1c-.3-.2-.7 0-.7.4z"),
  stop: solid("M4.5 3.5h7a1 1 0 0 1 1 1v7a1 1 0 0 1-1 1h-7a1 1 0 0 1-1-1v-7a1 1 0 0 1 1-1z"),
  play: strokes("M5 3.3v9.4l7.5-4.7z"),
  pause: strokes("M5.5 3.5v9M10.5 3.5v9"),
  undo: strokes("M5.5 3L2.5 6l3 3M2.5 6h7a3.5 3.5 0 0 1 0 7H6"),
  redo: strokes("M10.5 3l3 3-3 3M13.5 6h-7a3.5 3.5 0 0 0 0 7H10"),
  retry: strokes("M13 8a5 5 0 1 1-1.5-3.6M13 2.2v2.6h-2.6"),
  save: strokes("M3 3h7.5L13 5.5V13H3zM5.5 3v3h4V3M5.5 13V9.5h5V13"),
  search: strokes("M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.4 10.4L14 14"),
  plus: strokes("M8 3v10M3 8h10"),
  minus: strokes("M3 8h10"),
  close: strokes("M4 4l8 8M12 4l-8 8"),
  check: strokes("M3 8.5l3.2 3.2L13 5"),
  "chevron-up": strokes("M4 10l4-4 4 4"),
  "chevron-down": strokes("M4 6l4 4 4-4"),
  "chevron-left": strokes("M10 4L6 8l4 4"),
  "chevron-right": strokes("M6 4l4 4-4 4"),
  "arrow-up": strokes("M8 13V3M4 7l4-4 4 4"),
  "arrow-down": strokes("M8 3v10M4 9l4 4 4-4"),
  "to-front": strokes("M3 2.5h10M8 13.5V6M4.5 9L8 5.5 11.5 9"),
  "to-back": strokes("M3 13.5h10M8 2.5V10M4.5 7L8 10.5 11.5 7"),
  queue: (
    <>
      {strokes("M2.5 3.5h11M2.5 8h5M2.5 12.5h5")}
      {solid("M10 7.3v5.4c0 .3.3.4.5.3l4-2.7c.2-.1.2-.4 0-.6l-4-2.7c-.2-.1-.5 0-.5.3z")}
    </>
  ),
  history: strokes("M2.8 6.3a5.5 5.5 0 1 1-.2 3M2.5 3v3.5H6M8 5.2V8l2 1.5"),
  models: strokes("M8 2l5.2 3v6L8 14l-5.2-3V5zM2.8 5L8 8l5.2-3M8 8v6"),
  templates: strokes("M3 2.5h10v11H3zM3 6.5h10M7.5 6.5v7"),
  workflows: strokes(
    "M2 2.8h4.5v3.7H2zM9.5 9.5H14v3.7H9.5zM6.5 4.65h1.2a1.3 1.3 0 0 1 1.3 1.3v0M4.25 6.5v3.3c0 .8.7 1.5 1.5 1.5H9.5",
  ),
  outline: strokes(
    "M2.5 3.5h7M6.5 8h7M6.5 12.5h7M3.5 6v5.5a1 1 0 0 0 1 1M3.5 6.5A1.5 1.5 0 0 0 5 8",
  ),
  settings: (
    <>
      {strokes("M2.5 5H8M12 5h1.5M2.5 11H4M8 11h5.5")}
      <circle cx="10" cy="5" r="1.9" />
      <circle cx="6" cy="11" r="1.9" />
    </>
  ),
  form: strokes("M2.5 3h11v3.5h-11zM2.5 9.5h11V13h-11zM5 4.75h2M5 11.25h4"),
  sun: (
    <>
      <circle cx="8" cy="8" r="2.8" />
      {strokes(
        "M8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M12.6 3.4l-.9.9M4.3 11.7l-.9.9",
      )}
    </>
  ),
  moon: strokes("M13.3 9.7A5.7 5.7 0 0 1 6.3 2.7a5.7 5.7 0 1 0 7 7z"),
  copy: strokes("M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3"),
  trash: strokes("M2.5 4.5h11M6 4.5v-2h4v2M4 4.5l.6 9h6.8l.6-9M6.7 7v4M9.3 7v4"),
  pencil: strokes("M3 13l.6-2.8L11 2.8l2.2 2.2-7.4 7.4zM9.5 4.3l2.2 2.2"),
  link: strokes(
    "M6.7 9.3a2.5 2.5 0 0 0 3.5 0l2.5-2.5a2.5 2.5 0 0 0-3.5-3.5L8 4.5M9.3 6.7a2.5 2.5 0 0 0-3.5 0L3.3 9.2a2.5 2.5 0 0 0 3.5 3.5L8 11.5",
  ),
  unlink: strokes(
    "M9.7 9.8l3-3a2.5 2.5 0 0 0-3.5-3.5L8 4.5M6.3 6.2l-3 3a2.5 2.5 0 0 0 3.5 3.5L8 11.5M2.5 2.5l11 11",
  ),
  eye: (
    <>
      {strokes("M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8z")}
      <circle cx="8" cy="8" r="1.9" />
    </>
  ),
  mute: strokes(
    "M6.5 3.8c.5-.2 1-.3 1.5-.3 4 0 6.5 4.5 6.5 4.5a11 11 0 0 1-1.8 2.3M9.8 12.2c-.6.2-1.2.3-1.8.3-4 0-6.5-4.5-6.5-4.5a11 11 0 0 1 2.4-2.9M2.5 2.5l11 11",
  ),
  bypass: strokes(
    "M1.5 11h2.2c.9 0 1.5-.6 1.8-1.4C6 8 6.6 5 8 5s2 3 2.5 4.6c.3.8.9 1.4 1.8 1.4h2.2M12.7 9.2l1.8 1.8-1.8 1.8",
  ),
  group: strokes("M5 2.5H2.5V5M11 2.5h2.5V5M5 13.5H2.5V11M11 13.5h2.5V11M5 5.5h6v5H5z"),
  note: strokes("M3 2.5h10V10l-3.5 3.5H3zM9.5 13.5V10H13M5.5 5.5h5M5.5 8h3"),
  layout: strokes(
    "M2 2.5h4.5v3.5H2zM9.5 6.25H14v3.5H9.5zM2 10h4.5v3.5H2zM6.5 4.25C8 4.25 8 8 9.5 8M6.5 11.75C8 11.75 8 8 9.5 8",
  ),
  node: strokes("M3.5 3h9v10h-9zM3.5 6h9"),
  "zoom-in": strokes(
    "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.4 10.4L14 14M7 5.2v3.6M5.2 7h3.6",
  ),
  "zoom-out": strokes("M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.4 10.4L14 14M5.2 7h3.6"),
  fit: strokes("M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10"),
  warning: (
    <>
      {strokes("M8 2.5l6 11H2zM8 6.5v3")}
      <circle cx="8" cy="11.5" r=".8" {...SOLID} />
    </>
  ),
  error: (
    <>
      {strokes(`${CLOCK}M8 5v3.5`)}
      <circle cx="8" cy="10.9" r=".8" {...SOLID} />
    </>
  ),
  info: (
    <>
      {strokes(`${CLOCK}M8 7.5v3.5`)}
      <circle cx="8" cy="5.1" r=".8" {...SOLID} />
    </>
  ),
  clock: strokes(`${CLOCK}M8 4.8V8l2.2 1.5`),
  dice: (
    <>
      {strokes("M3.5 2.5h9a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1h-9a1 1 0 0 1-1-1v-9a1 1 0 0 1 1-1z")}
      {dots([5.4, 5.4], [10.6, 5.4], [8, 8], [5.4, 10.6], [10.6, 10.6])}
    </>
  ),
  lock: strokes("M3.5 7h9v6.5h-9zM5.5 7V5a2.5 2.5 0 0 1 5 0v2M8 9.5v1.5"),
  more: dots([3, 8], [8, 8], [13, 8]),
  external: strokes("M6.5 3.5h-4v10h10v-4M9 2.5h4.5V7M13.5 2.5L7.5 8.5"),
  upload: strokes("M8 10.5v-8M4.5 6L8 2.5 11.5 6M2.5 10.5v3h11v-3"),
  download: strokes("M8 2.5v8M4.5 7L8 10.5 11.5 7M2.5 10.5v3h11v-3"),
  image: (
    <>
      {strokes("M2.5 3h11v10h-11zM2.5 11.3l3.3-3.6 2.7 2.9 1.8-1.8 3.2 3.2")}
      {dots([10.5, 5.9])}
    </>
  ),
  mask: (
    <>
      {strokes(CLOCK)}
      {solid("M8 2.5v11a5.5 5.5 0 0 0 0-11z")}
    </>
  ),
  compare: strokes("M8 1.5v13M6 4H2.5v8H6M10 4h3.5v8H10"),
  keyboard: (
    <>
      {strokes("M1.5 4h13v8.5h-13zM5 10h6")}
      {dots([4.2, 6.8], [6.7, 6.8], [9.3, 6.8], [11.8, 6.8])}
    </>
  ),
  command: strokes("M3 4.5L6.5 8 3 11.5M8 12h5"),
  drag: dots([6, 3.5], [10, 3.5], [6, 8], [10, 8], [6, 12.5], [10, 12.5]),
  folder: strokes("M2 3.5h4l1.5 2H14v7.5H2z"),
  file: strokes("M4 2h5l3 3v9H4zM9 2v3h3"),
  plug: strokes("M4.5 6.5h7V9a3.5 3.5 0 0 1-7 0zM6 6.5v-4M10 6.5v-4M8 12.5V15"),
  grid: strokes("M2.5 2.5h4.5V7H2.5zM9 2.5h4.5V7H9zM2.5 9h4.5v4.5H2.5zM9 9h4.5v4.5H9z"),
  list: strokes("M6 4h7.5M6 8h7.5M6 12h7.5M2.5 4h.5M2.5 8h.5M2.5 12h.5"),
  filter: strokes("M2 3.5h12M4.5 8h7M7 12.5h2"),
} as const satisfies Record<string, ReactNode>;

export type IconName = keyof typeof ICONS;
