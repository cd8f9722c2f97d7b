/** The noise levels that a node's values describe, drawn as they are set. */

import { type CSSProperties, useEffect, useState } from "react";
import { fetchSchedule } from "../api/client";
import { useT } from "../i18n";
import { ScheduleCurve } from "../widgets/ScheduleCurve";
import type { Card } from "./model";

const DELAY = 150;

export function CardCurve({ card, style }: { card: Card; style: CSSProperties }) {
  const t = useT();
  const points = useSchedule(card);
  return (
    <div className="card-preview is-curve" style={style}>
      {points && <ScheduleCurve points={points} label={t("canvas.curve")} />}
    </div>
  );
}

/** Asked for a moment after the last change; what was there stays until the answer comes. */
function useSchedule({ node }: Pick<Card, "node">): readonly number[] | null {
  const [points, setPoints] = useState<readonly number[] | null>(null);
  useEffect(() => {
    let wanted = true;
    const timer = setTimeout(async () => {
      try {
        const { sigmas } = await fetchSchedule(node.type, node.values, Object.keys(node.links));
        if (wanted) setPoints(sigmas);
      } catch {
        // Values that are refused say so at their fields.
        if (wanted) setPoints(null);
      }
    }, DELAY);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [node.type, node.values, node.links]);
  return points;
}
