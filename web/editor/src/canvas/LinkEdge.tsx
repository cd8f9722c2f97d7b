/** A link: two pixels in the colour of its kind, with a casing where it crosses others. */

import { BaseEdge, type EdgeProps, getBezierPath } from "@xyflow/react";
import { memo } from "react";
import { useStore } from "zustand";
import { colourClass } from "../document/kinds";
import { useNodeNews } from "../state/node_runs";
import type { LinkElement } from "./elements";
import { gesture } from "./gesture";

export const LinkEdge = memo(function LinkEdge(props: EdgeProps<LinkElement>) {
  const { id, source, target, data, selected } = props;
  const [path] = getBezierPath({ ...props, curvature: 0.3 });
  const over = useStore(gesture, (state) => state.over === id);
  const flowing = useFlowing(source, target);
  if (!data) return null;
  const states = [selected && "is-selected", over && "is-over", flowing && "is-flowing"];
  const name = ["link", `kind-${colourClass(data.kind)}`, ...states].filter(Boolean).join(" ");
  return (
    <g className={name}>
      <path className="link-casing" d={path} fill="none" />
      <BaseEdge id={id} path={path} interactionWidth={16} className="link-line" />
    </g>
  );
});

/** Data flows while the target works on what the source has made. */
function useFlowing(source: string, target: string): boolean {
  const from = useNodeNews(source).run?.state;
  const to = useNodeNews(target).run?.state;
  return to === "running" && (from === "ran" || from === "cached");
}
