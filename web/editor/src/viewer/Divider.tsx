import { type KeyboardEvent, type PointerEvent, useRef } from "react";
import { useT } from "../i18n";
import { clamp } from "./viewport";

interface Props {
  /** 0 to 1 of the stage's width. */
  readonly at: number;
  onMove(at: number): void;
}

const STEPS: Readonly<Record<string, number>> = {
  ArrowLeft: -0.01,
  ArrowRight: 0.01,
  PageDown: -0.1,
  PageUp: 0.1,
  Home: -1,
  End: 1,
};

/** The line between two pictures, dragged or moved by the arrow keys. */
export function Divider({ at, onMove }: Props) {
  const t = useT();
  const line = useRef<HTMLDivElement>(null);
  const drag = (event: PointerEvent<HTMLElement>) => {
    const box = line.current?.parentElement?.getBoundingClientRect();
    if (box && event.currentTarget.hasPointerCapture(event.pointerId))
      onMove(clamp((event.clientX - box.left) / box.width, 0, 1));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const by = STEPS[event.key];
    if (by === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    onMove(clamp(at + by * (event.shiftKey ? 10 : 1), 0, 1));
  };
  const percent = Math.round(at * 100);
  return (
    <div
      ref={line}
      className="viewer-divider"
      role="slider"
      tabIndex={0}
      aria-label={t("viewer.divider")}
      aria-orientation="horizontal"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      aria-valuetext={t("viewer.divider.value", { percent })}
      style={{ left: `${at * 100}%` }}
      onPointerDown={(event) => {
        event.stopPropagation();
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={drag}
      onKeyDown={onKeyDown}
    >
      <span className="viewer-knob" />
    </div>
  );
}
