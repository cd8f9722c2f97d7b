import { useStore } from "zustand";
import { useT } from "../i18n";
import { runs } from "../state/runs";
import { elapsedText } from "./format";
import { cancel, jobTitle, livePreview, nodeTitle, showNode, tabOf, workingOn } from "./jobs";
import { IconButton } from "./ui/IconButton";
import { ProgressBar } from "./ui/ProgressBar";
import { Thumb } from "./ui/Thumb";
import { useNow } from "./useNow";

/** A job that runs: what it is at, how far, and what can be seen of it. */
export function RunningJob({ id }: { readonly id: string }) {
  const t = useT();
  const now = useNow(1000);
  const run = useStore(runs, (state) => state.jobs[id]);
  if (!run) return null;
  const { job } = run;
  const title = jobTitle(job);
  const at = workingOn(run);
  const seconds = Math.max(0, Math.floor(now - (job.started ?? now)));
  const known = at?.done !== undefined && at.total !== undefined && at.total > 0;
  const text = (
    <>
      <Thumb src={livePreview(run)} icon="run" alt={t("jobs.preview", { job: title })} />
      <span className="panel-row-text">
        <span className="panel-row-title">{title}</span>
        <span className="panel-row-sub">
          <span>{at ? nodeTitle(id, at.node) : t("jobs.starting")}</span>
        </span>
      </span>
    </>
  );
  return (
    <li className="queue-running">
      <div className="queue-running-row">
        {at && tabOf(id) ? (
          <button
            type="button"
            className="panel-row-main"
            title={t("jobs.show.node")}
            onClick={() => showNode(id, at.node)}
          >
            {text}
          </button>
        ) : (
          <div className="panel-row-main">{text}</div>
        )}
        <IconButton
          icon="stop"
          label={t("jobs.cancel", { job: title })}
          onClick={() => void cancel(job)}
        />
      </div>
      <ProgressBar
        label={t("jobs.progress", { job: title })}
        value={known ? (at.done ?? 0) / (at.total ?? 1) : undefined}
      />
      <p className="queue-running-foot">
        <span>{known ? t("jobs.steps", { done: at.done ?? 0, total: at.total ?? 0 }) : ""}</span>
        <span>{elapsedText(seconds)}</span>
      </p>
    </li>
  );
}
