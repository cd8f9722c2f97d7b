/** The picture and the mask on it, painted by pointer, pen, finger or keys. */

import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from "react";
import { useT } from "../../i18n";
import type { Viewport } from "../useViewport";
import { clamp, type Point, toPicture } from "../viewport";
import type { Region } from "./buffer";
import type { MaskEdits } from "./edits";
import { Gesture, type Pen } from "./gesture";
import { Overlay } from "./overlay";

interface Props {
  readonly stage: (element: HTMLDivElement | null) => void;
  readonly source: string;
  readonly edits: MaskEdits;
  readonly pen: Pen;
  readonly viewport: Viewport;
  /** Whether the pointer moves the picture for now. */
  readonly panning: boolean;
  /** Changes whenever the mask was changed from outside, by undo and the like. */
  readonly drawn: { readonly region: Region };
  onChange(): void;
  onCursor(at: Point): void;
}

const ARROWS: Readonly<Record<string, Point>> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};
const PEN_ERASER = 32;

export function Surface(props: Props) {
  const { stage, source, edits, pen, viewport, panning, drawn, onChange, onCursor } = props;
  const t = useT();
  const canvas = useRef<HTMLCanvasElement>(null);
  const overlay = useRef<Overlay | null>(null);
  const gesture = useRef<Gesture | null>(null);
  const [cursor, setCursor] = useState<Point | null>(null);
  const [outline, setOutline] = useState<readonly Point[]>([]);
  const { view } = viewport;
  const { width, height } = edits.mask;

  useEffect(() => {
    if (canvas.current) overlay.current = new Overlay(canvas.current, edits.mask);
  }, [edits]);
  useEffect(() => overlay.current?.draw(drawn.region), [drawn]);

  const begin = (erase: boolean) => {
    const draw = (region: Region) => overlay.current?.draw(region);
    gesture.current = new Gesture(edits, pen, erase || pen.tool === "eraser", draw);
  };
  const extend = (at: Point, pressure = 1) => {
    gesture.current?.to({ ...at, pressure });
    setOutline(gesture.current?.outline.slice() ?? []);
  };
  const end = (keep: boolean) => {
    if (keep) gesture.current?.end();
    else gesture.current?.abandon();
    gesture.current = null;
    setOutline([]);
    onChange();
  };

  const pointOf = (event: { readonly clientX: number; readonly clientY: number }) =>
    toPicture(view, viewport.at(event));
  const touch = (event: PointerEvent<HTMLElement>) => {
    const all = event.nativeEvent.getCoalescedEvents?.() ?? [];
    for (const one of all.length > 0 ? all : [event.nativeEvent])
      extend(pointOf(one), one.pointerType === "pen" ? one.pressure : 1);
  };
  const onPointerDown = (event: PointerEvent<HTMLElement>) => {
    if (viewport.down(event, panning)) {
      if (gesture.current) end(false);
      return;
    }
    if (event.button === 1) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    begin(event.button === 2 || event.altKey || (event.buttons & PEN_ERASER) !== 0);
    touch(event);
  };
  const onPointerMove = (event: PointerEvent<HTMLElement>) => {
    setCursor(pointOf(event));
    if (!viewport.move(event) && gesture.current) touch(event);
  };
  const onPointerUp = (event: PointerEvent<HTMLElement>) => {
    if (!viewport.up(event) && gesture.current) end(event.type === "pointerup");
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey) return;
    const here = cursor ?? { x: width / 2, y: height / 2 };
    const arrow = ARROWS[event.key];
    if (arrow) walk(here, arrow, event.shiftKey);
    else if (event.key === "Enter") press(here, event.shiftKey, event.altKey);
    else if (event.key === "Escape" && gesture.current) end(false);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const walk = (here: Point, arrow: Point, paints: boolean) => {
    const step = Math.max(1, Math.round(pen.size / 4));
    const next = {
      x: clamp(here.x + arrow.x * step, 0, width),
      y: clamp(here.y + arrow.y * step, 0, height),
    };
    setCursor(next);
    onCursor(next);
    reveal(viewport, next);
    if (!paints || isShape(pen)) return;
    begin(false);
    extend(here);
    extend(next);
    end(true);
  };
  const press = (here: Point, closes: boolean, erase: boolean) => {
    if (pen.tool === "hand") return;
    const begun = gesture.current !== null;
    if (!begun) begin(erase);
    extend(here);
    if (!isShape(pen) || closes || (begun && pen.tool === "rectangle")) end(true);
  };

  const place = {
    width: width * view.scale,
    height: height * view.scale,
    transform: `translate(${view.x}px, ${view.y}px)`,
  };
  const toBox = ({ x, y }: Point) => `${view.x + x * view.scale},${view.y + y * view.scale}`;
  const shapes = isShape(pen);
  return (
    <div
      ref={stage}
      className="viewer-stage mask-stage"
      data-panning={panning || undefined}
      role="application"
      tabIndex={0}
      aria-label={t("viewer.mask.surface")}
      aria-description={t("viewer.mask.help")}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={onPointerUp}
      onPointerCancel={onPointerUp}
      onPointerLeave={() => gesture.current || setCursor(null)}
      onContextMenu={(event) => event.preventDefault()}
      onKeyDown={onKeyDown}
    >
      <img className="viewer-picture" style={place} src={source} alt="" draggable={false} />
      <canvas ref={canvas} className="mask-overlay" style={place} />
      <svg className="mask-marks" aria-hidden="true">
        {outline.length > 0 && <polygon points={outline.map(toBox).join(" ")} />}
        {cursor && !panning && (
          <Cursor at={toBox(cursor)} radius={shapes ? 0 : (pen.size / 2) * view.scale} />
        )}
      </svg>
    </div>
  );
}

function isShape({ tool }: Pen): boolean {
  return tool === "rectangle" || tool === "lasso";
}

/** Keep the place that is painted at in sight. */
function reveal({ view, box, panBy }: Viewport, at: Point): void {
  const [x, y] = [view.x + at.x * view.scale, view.y + at.y * view.scale];
  const dx = clamp(x, 24, box.width - 24) - x;
  const dy = clamp(y, 24, box.height - 24) - y;
  if (dx !== 0 || dy !== 0) panBy(dx, dy);
}

/** A ring of the brush's size, or a cross. Two lines, so that it shows on any picture. */
function Cursor({ at, radius }: { readonly at: string; readonly radius: number }) {
  const [x, y] = at.split(",").map(Number);
  if (radius > 3)
    return (
      <>
        <circle className="mask-halo" cx={x} cy={y} r={radius} />
        <circle className="mask-ring" cx={x} cy={y} r={radius} />
      </>
    );
  const cross = `M${x} ${y}m-8 0h16m-8 -8v16`;
  return (
    <>
      <path className="mask-halo" d={cross} />
      <path className="mask-ring" d={cross} />
    </>
  );
}
