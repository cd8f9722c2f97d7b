/** The link while it is pulled, in the colour of its kind. */

import { type ConnectionLineComponentProps, getBezierPath } from "@xyflow/react";
import { useStore } from "zustand";
import { colourClass } from "../document/kinds";
import type { Element } from "./elements";
import { gesture } from "./gesture";

export function PulledLine(props: ConnectionLineComponentProps<Element>) {
  const kind = useStore(gesture, (state) => state.pulled?.kind ?? "any");
  const [path] = getBezierPath({
    sourceX: props.fromX,
    sourceY: props.fromY,
    sourcePosition: props.fromPosition,
    targetX: props.toX,
    targetY: props.toY,
    targetPosition: props.toPosition,
    curvature: 0.3,
  });
  return <path className={`link-line is-pulled kind-${colourClass(kind)}`} d={path} fill="none" />;
}
