/** The nodes that a compared version has and the shown one has not: their places and sizes. */

import { useMemo } from "react";
import { useStore } from "zustand";
import { type NodeSize, nodeSize } from "../document/geometry";
import { type NodeSockets, socketsOf } from "../document/sockets";
import { comparison } from "../state/comparison";
import type { Point } from "./layout";
import { model } from "./model";

export interface DrawnGhost {
  readonly id: string;
  readonly at: Point;
  readonly size: NodeSize;
  readonly sockets: NodeSockets;
}

const NONE: readonly DrawnGhost[] = [];

export function useGhosts(): readonly DrawnGhost[] {
  const { ghosts, before } = useStore(comparison);
  const scope = useStore(model, (state) => state.scope);
  const catalogue = useStore(model, (state) => state.catalogue);
  return useMemo(() => {
    if (ghosts.length === 0 || before === null) return NONE;
    return ghosts.map(({ id, at }) => ({
      id,
      at,
      size: nodeSize(before, scope, id, catalogue),
      sockets: socketsOf(before, scope, id, catalogue),
    }));
  }, [ghosts, before, scope, catalogue]);
}
