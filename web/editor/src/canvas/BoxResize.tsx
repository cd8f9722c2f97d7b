/** The corner that resizes a group or a note. */

import type { PointerEvent } from "react";
import { sealStep } from "../state/tabs";
import { getFlow } from "./camera";
import { GRID } from "./moving";
import { track } from "./tracking";

type Box = readonly [number, number, number, number];

interface Props {
  readonly box: Box;
  readonly least: readonly [number, number];
  readonly label: string;
  onResize(box: Box): void;
}

export function BoxResize({ box, least, label, onResize }: Props) {
  const sized = (width: number, height: number): Box => [
    box[0],
    box[1],
    Math.max(least[0], Math.round(width / GRID) * GRID),
    Math.max(least[1], Math.round(height / GRID) * GRID),
  ];
  const begin = (down: PointerEvent<HTMLButtonElement>) => {
    down.stopPropagation();
    // What the keys did before is a step of its own.
    sealStep();
    const resize = (dx: number, dy: number) => {
      const zoom = getFlow()?.getZoom() ?? 1;
      onResize(sized(box[2] + dx / zoom, box[3] + dy / zoom));
    };
    track(down, resize, sealStep);
  };
  const steps: Readonly<Record<string, readonly [number, number]>> = {
    ArrowRight: [GRID, 0],
    ArrowLeft: [-GRID, 0],
    ArrowDown: [0, GRID],
    ArrowUp: [0, -GRID],
  };
  return (
    <button
      type="button"
      className="box-resize nodrag"
      aria-label={label}
      onPointerDown={begin}
      onBlur={sealStep}
      onKeyDown={(event) => {
        const step = steps[event.key];
        if (!step) return;
        event.preventDefault();
        event.stopPropagation();
        onResize(sized(box[2] + step[0], box[3] + step[1]));
      }}
    />
  );
}
