/** The link while it is pulled, in the colour of its kind. */

import { type ConnectionLineComponentProps, getBezierPath, Position } from "@xyflow/react";
import { useStore } from "zustand";
import { rowCentre } from "../document/geometry";
import { colourClass } from "../document/kinds";
import type { Element } from "./elements";
import { gesture, type Pulled } from "./gesture";
import { model } from "./model";

export function PulledLine(props: ConnectionLineComponentProps<Element>) {
  const pulled = useStore(gesture, (state) => state.pulled);
  const from = (pulled?.moves && placeOf(pulled)) || { x: props.fromX, y: props.fromY };
  const out = pulled?.side === "out";
  const [path] = getBezierPath({
    sourceX: from.x,
    sourceY: from.y,
    sourcePosition: out ? Position.Right : Position.Left,
    targetX: props.toX,
    targetY: props.toY,
    targetPosition: out ? Position.Left : Position.Right,
    curvature: 0.3,
  });
  return (
    <path
      className={`link-line is-pulled kind-${colourClass(pulled?.kind ?? "any")}`}
      d={path}
      fill="none"
    />
  );
}

/** Where the end is that stays: React Flow draws from where the pull began. */
function placeOf({ end }: Pulled): { x: number; y: number } | null {
  const { layout } = model.getState();
  const size = layout.sizes.get(end.node);
  const place = layout.places.get(end.node);
  const y = size ? rowCentre(size, "out", end.socket) : null;
  return size && place && y !== null ? { x: place[0] + size.width, y: place[1] + y } : null;
}
