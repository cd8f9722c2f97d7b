import { useT } from "../i18n";
import { curveOf, shownLevel } from "./curve";
import "./schedule_curve.css";

interface Props {
  /** Noise levels, first to last. */
  readonly points: readonly number[];
  readonly label: string;
  readonly width?: number;
  readonly height?: number;
}

// With more steps, dots would run together.
const MOST_DOTS = 60;
const INSET = 4;

/** A schedule as a small line: noise levels on a logarithmic axis over the steps. */
export function ScheduleCurve({ points, label, width = 216, height = 64 }: Props) {
  const t = useT();
  const curve = curveOf(points, width - 2 * INSET, height - 2 * INSET);
  if (!curve) return <p className="schedule-curve schedule-none">{t("widgets.curve.none")}</p>;
  const words = t("widgets.curve.words", {
    label,
    steps: points.length - 1,
    from: shownLevel(points[0] ?? 0),
    to: shownLevel(points.at(-1) ?? 0),
  });
  return (
    <figure className="schedule-curve">
      <svg
        viewBox={`${-INSET} ${-INSET} ${width} ${height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={words}
      >
        <title>{words}</title>
        <path className="schedule-line" d={curve.line} />
        {curve.dots.length <= MOST_DOTS &&
          curve.dots.map(([x, y]) => <path key={x} className="schedule-dot" d={`M${x} ${y}h0`} />)}
      </svg>
      <figcaption aria-hidden="true">
        <span>σ {shownLevel(curve.high)}</span>
        <span>{t("widgets.curve.steps", { count: points.length - 1 })}</span>
        <span>{shownLevel(points.at(-1) ?? 0)}</span>
      </figcaption>
    </figure>
  );
}
