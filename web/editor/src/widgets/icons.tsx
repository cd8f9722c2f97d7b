/** The small pictures on buttons of fields and viewers: 16 px, drawn with the text's colour. */

const PATHS = {
  chevron: "M4 6l4 4 4-4",
  close: "M4 4l8 8M12 4l-8 8",
  plus: "M8 3v10M3 8h10",
  minus: "M3 8h10",
  dice: "M3 3h10v10H3zM5.8 5.8v.01M10.2 5.8v.01M8 8v.01M5.8 10.2v.01M10.2 10.2v.01",
  pin: "M8 9.5V14M5 3h6M6 3v3.5L4.5 9.5h7L10 6.5V3",
  random: "M2 5h2.5l6 6H14M12 9l2 2-2 2M2 11h2.5l1.7-1.7M9 6.6L10.5 5H14M12 3l2 2-2 2",
  increment: "M2.5 8h6M5.5 5v6M11 5.5L13 4v8",
  help: "M5.8 6.2a2.2 2.2 0 1 1 3.2 2c-.7.4-1 .8-1 1.6M8 12.2v.01",
  refresh: "M13 8a5 5 0 1 1-1.5-3.6M13 2.5V5h-2.5",
  search: "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.4 10.4L14 14",
  check: "M3 8.5l3.2 3.2L13 5",
  upload: "M8 11V3M4.8 6L8 2.8 11.2 6M3 13h10",
  download: "M8 3v8M4.8 8L8 11.2 11.2 8M3 13.5h10",
  brush:
    "M13.5 2.5L7.6 8.4M7.6 8.4c-1.3-.5-2.8.2-3 1.7-.2 1.3-1 2-2.1 2.3 1.8 1.4 5.6 1.2 6.1-1.6.2-1-.2-1.9-1-2.4z",
  eraser: "M6 13h7.5M2.8 9.8L9 3.5l4 4L7.5 13H6z M5.9 6.7l4 4",
  picture: "M2.5 3h11v10h-11zM2.5 11l3.2-3.5 2.6 2.8 2-2 3.2 3.2M10.5 6v.01",
  file: "M4 2h5l3 3v9H4zM9 2v3h3",
  warn: "M8 2.5l6 11H2zM8 6.5v3.2M8 11.6v.01",
  reset: "M3.5 5.5H10a3.2 3.2 0 0 1 0 6.5H6M6 2.8L3.3 5.5 6 8.2",
  previous: "M10 3L5 8l5 5",
  next: "M6 3l5 5-5 5",
  fit: "M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10",
  info: "M8 7.2v4.3M8 4.8v.01M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12z",
  compare: "M8 2v12M2.5 4H6v8H2.5zM10 4h3.5v8H10z",
  copy: "M6 6h7.5v7.5H6zM10 6V2.5H2.5V10H6",
  workflow: "M2 3h4v3H2zM10 10h4v3h-4zM4 6v2.5c0 1.7 1.3 3 3 3h3",
  undo: "M3.5 6H10a3.2 3.2 0 0 1 0 6.5H7M6 3.2L3.2 6 6 8.8",
  redo: "M12.5 6H6a3.2 3.2 0 0 0 0 6.5h3M10 3.2L12.8 6 10 8.8",
  invert: "M8 2a6 6 0 1 0 0 12zM8 2a6 6 0 0 1 0 12M8 5h4.8M8 8h6M8 11h4.8",
  fill: "M2.5 2.5h11v11h-11zM5.5 5.5h5v5h-5z",
  clear: "M3 4.5h10M6.5 4V2.5h3V4M4.2 4.5l.7 9h6.2l.7-9M6.8 7v4M9.2 7v4",
  rectangle: "M2.5 4h11v8h-11z",
  lasso:
    "M8 2.8c3.3 0 6 1.7 6 3.9s-2.7 3.9-6 3.9-6-1.7-6-3.9 2.700-3.9 6-3.900zM4.400 9.800c-.8.8-.6 2 .4 2.200.9.200 1.200 1 .4 1.800",
  hand: "M5 8.500V4a1 1 0 0 1 2 0v3-4a1 1 0 0 1 2 0v4-3a1 1 0 0 1 2 0v5.500c0 2.500-1.500 4-3.500 4S4.800 12 3.700 10.200L2.800 8.700c-.5-.9.700-1.600 1.300-.9z",
  swap: "M3 5.500h9M9.500 3L12 5.500 9.500 8M13 10.500H4M6.500 8L4 10.500 6.500 13",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg className="widget-icon" width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
