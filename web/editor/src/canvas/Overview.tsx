/** The graph from afar: plain boxes and lines on one canvas, however many nodes there are. */

import { useStore as useFlowStore } from "@xyflow/react";
import { useEffect, useRef } from "react";
import { useStore } from "zustand";
import { rowCentre } from "../document/geometry";
import { colourClass } from "../document/kinds";
import { useT } from "../i18n";
import { comparison, type Mark } from "../state/comparison";
import { useTab } from "../state/hooks";
import { flatId, nodeRun, useShownJob } from "../state/node_runs";
import { useTheme } from "../state/settings";
import { gesture } from "./gesture";
import { type DrawnGhost, useGhosts } from "./ghosts";
import { type Model, model } from "./model";

interface Props {
  readonly width: number;
  readonly height: number;
}

export function Overview({ width, height }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const transform = useFlowStore((state) => state.transform);
  const shown = useStore(model);
  const { selection, uses } = useTab();
  const moved = useStore(gesture, (state) => state.moved);
  const theme = useTheme();
  const run = useShownJob();
  const marks = useStore(comparison, (state) => state.marks);
  const ghosts = useGhosts();
  const label = useT()("canvas.zoomed.out", { count: shown.cards.size });

  // biome-ignore lint/correctness/useExhaustiveDependencies: the theme changes the colours that are read
  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext("2d");
    if (!element || !context) return;
    const ratio = window.devicePixelRatio || 1;
    if (element.width !== Math.round(width * ratio)) element.width = Math.round(width * ratio);
    if (element.height !== Math.round(height * ratio)) element.height = Math.round(height * ratio);
    const frame = requestAnimationFrame(() => {
      const [x, y, zoom] = transform;
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.clearRect(0, 0, element.width, element.height);
      context.setTransform(ratio * zoom, 0, 0, ratio * zoom, ratio * x, ratio * y);
      const colours = getComputedStyle(element);
      const view = {
        left: -x / zoom,
        top: -y / zoom,
        right: (width - x) / zoom,
        bottom: (height - y) / zoom,
      };
      drawLinks(context, shown, moved, colours, zoom);
      drawNodes(context, shown, moved, colours, {
        selection,
        stateOf: (id) => nodeRun(run, flatId(uses, id))?.state,
        zoom,
        view,
        marks,
        ghosts,
      });
    });
    return () => cancelAnimationFrame(frame);
  }, [transform, shown, selection, uses, moved, theme, run?.nodes, marks, ghosts, width, height]);

  return <canvas ref={canvas} className="overview" role="img" aria-label={label} />;
}

/** How wide a letter of a title is. */
const LETTER = 7;
const MARKS: Readonly<Record<Mark, string>> = {
  added: "--ok",
  removed: "--error",
  changed: "--warn",
};

function shortened(title: string, letters: number): string {
  return title.length <= letters ? title : `${title.slice(0, Math.max(1, letters - 1)).trim()}…`;
}

type Moved = ReadonlyMap<string, readonly [number, number]> | null;

type Curves = ReadonlyMap<string, Path2D>;

/** Made once for what is shown, since zooming and panning change none of it. */
const curvesOf = new WeakMap<Model, Curves>();

function drawLinks(
  context: CanvasRenderingContext2D,
  shown: Model,
  moved: Moved,
  colours: CSSStyleDeclaration,
  zoom: number,
): void {
  const curves = (moved ? undefined : curvesOf.get(shown)) ?? linkCurves(shown, moved);
  if (!moved) curvesOf.set(shown, curves);
  context.lineWidth = Math.max(2, 1 / zoom);
  for (const [colour, path] of curves) {
    context.strokeStyle = colours.getPropertyValue(`--kind-${colour}`);
    context.stroke(path);
  }
}

/** The links' curves by the colour of their kind. */
function linkCurves({ links, layout, cards }: Model, moved: Moved): Curves {
  const byColour = new Map<string, Path2D>();
  for (const { from, to } of links) {
    const source = layout.sizes.get(from.node);
    const target = layout.sizes.get(to.node);
    const a = moved?.get(from.node) ?? layout.places.get(from.node);
    const b = moved?.get(to.node) ?? layout.places.get(to.node);
    if (!source || !target || !a || !b) continue;
    const kind = cards
      .get(from.node)
      ?.sockets.outputs.find((one) => one.name === from.socket)?.kind;
    const colour = colourClass(kind ?? "any");
    const path = byColour.get(colour) ?? new Path2D();
    byColour.set(colour, path);
    const [x1, y1] = [a[0] + source.width, a[1] + (rowCentre(source, "out", from.socket) ?? 15)];
    const [x2, y2] = [b[0], b[1] + (rowCentre(target, "in", to.socket) ?? 15)];
    const bend = Math.max(30, Math.abs(x2 - x1) / 2);
    path.moveTo(x1, y1);
    path.bezierCurveTo(x1 + bend, y1, x2 - bend, y2, x2, y2);
  }
  return byColour;
}

interface Drawn {
  readonly selection: ReadonlySet<string>;
  readonly stateOf: (id: string) => string | undefined;
  readonly zoom: number;
  readonly view: { left: number; top: number; right: number; bottom: number };
  readonly marks: Readonly<Record<string, Mark>>;
  readonly ghosts: readonly DrawnGhost[];
}

function drawNodes(
  context: CanvasRenderingContext2D,
  { layout, cards, graph }: Model,
  moved: Moved,
  colours: CSSStyleDeclaration,
  { selection, stateOf, zoom, view, marks, ghosts }: Drawn,
): void {
  const colour = (name: string) => colours.getPropertyValue(name);
  const [fill, header, border] = [colour("--surface-1"), colour("--surface-2"), colour("--border")];
  const [text, accent, error, ok] = ["--text-1", "--accent", "--error", "--ok"].map(colour);
  for (const { box } of graph.view.groups ?? []) {
    context.strokeStyle = colour("--border");
    context.lineWidth = 1 / zoom;
    context.strokeRect(...(box as [number, number, number, number]));
  }
  context.setLineDash([4 / zoom, 4 / zoom]);
  context.strokeStyle = error ?? "";
  context.lineWidth = 1 / zoom;
  for (const { at, size } of ghosts) context.strokeRect(at[0], at[1], size.width, size.height);
  context.setLineDash([]);
  // A title keeps its size on the screen, and is left out where hardly a word of it would fit.
  const size = 11 / zoom;
  const titled = zoom > 0.2;
  context.font = `600 ${size}px ${colours.fontFamily}`;
  context.textBaseline = "middle";
  for (const [id, { width, height }] of layout.sizes) {
    const place = moved?.get(id) ?? layout.places.get(id);
    if (!place) continue;
    const [x, y] = place;
    if (x > view.right || y > view.bottom || x + width < view.left || y + height < view.top)
      continue;
    const state = stateOf(id);
    const chosen = selection.has(id);
    context.fillStyle = fill;
    context.fillRect(x, y, width, height);
    context.fillStyle = header;
    context.fillRect(x, y, width, Math.min(30, height));
    const mark = marks[id];
    const outline =
      chosen || state === "running"
        ? accent
        : mark
          ? colour(MARKS[mark])
          : state === "failed"
            ? error
            : state === "ran"
              ? ok
              : border;
    context.strokeStyle = outline ?? "";
    const loud = chosen || mark || state === "running" || state === "failed";
    context.lineWidth = (loud ? 2.5 : 1) / zoom;
    context.strokeRect(x, y, width, height);
    if (!titled) continue;
    context.fillStyle = text ?? "";
    const title = cards.get(id)?.sockets.title ?? id;
    context.fillText(shortened(title, (width * zoom - 8) / LETTER), x + 4 / zoom, y + height / 2);
  }
}
