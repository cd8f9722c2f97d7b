/** A node's last line: how far it is, how long it took, or what a run would do. */

import { type MessageKey, useT } from "../i18n";
import type { NodeNews } from "../state/node_runs";

interface Props {
  readonly news: NodeNews;
  readonly band: { readonly y: number; readonly height: number };
}

export function CardFoot({ news, band }: Props) {
  const t = useT();
  const { run, plan } = news;
  const share = run?.state === "running" && run.total ? (run.done ?? 0) / run.total : null;
  return (
    <div
      className={`card-foot ${run ? `is-${run.state}` : ""}`}
      style={{ top: band.y, height: band.height }}
      title={run?.error ?? plan?.reason ?? undefined}
    >
      {share !== null && (
        <progress className="card-progress" value={share} max={1} aria-hidden="true" />
      )}
      <span>{words(news, t)}</span>
      {run && plan && !WHOLE_LINE.has(run.state) && plan.action === "run" && (
        <span className="card-forecast">{t("canvas.foot.run")}</span>
      )}
    </div>
  );
}

/** States whose words need the whole line. */
const WHOLE_LINE: ReadonlySet<string> = new Set(["running", "failed"]);

function words({ run, plan }: NodeNews, t: ReturnType<typeof useT>): string {
  switch (run?.state) {
    case "running":
      return run.total
        ? t("canvas.foot.progress", { done: run.done ?? 0, total: run.total })
        : t("canvas.state.running");
    case "ran":
      return duration(run.seconds ?? 0, t);
    case "failed":
      return run.error ? `${t("canvas.foot.failed")}: ${run.error}` : t("canvas.foot.failed");
    case "cached":
    case "skipped":
      return t(`canvas.foot.${run.state}` as MessageKey);
  }
  if (plan?.action === "cached") return t("canvas.foot.cached");
  return plan?.action === "run" ? t("canvas.foot.run") : "";
}

/** In the digits that count: 5 ms, 0.52 s, 1.8 s, 12 s. */
function duration(seconds: number, t: ReturnType<typeof useT>): string {
  if (seconds < 0.1) return t("canvas.foot.ms", { ms: Math.round(seconds * 1000) });
  const digits = seconds >= 10 ? 1 : seconds >= 1 ? 10 : 100;
  return t("canvas.foot.seconds", { seconds: Math.round(seconds * digits) / digits });
}
