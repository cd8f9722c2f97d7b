/** Run, or cancel what runs, and how far it is. */

import { perform } from "../../app/actions";
import { useT } from "../../i18n";
import { useShownJob } from "../../state/node_runs";
import { isActive, type JobRun } from "../../state/runs";
import { nodeTitle, workingOn } from "../jobs";
import { Icon } from "../ui/Icon";
import { ProgressBar } from "../ui/ProgressBar";

export function RunBar() {
  const t = useT();
  const run = useShownJob();
  const active = run !== undefined && isActive(run.job);
  return (
    <div className="form-run">
      {active && <Progress run={run} />}
      {active ? (
        <button type="button" className="button form-button" onClick={() => perform("run.cancel")}>
          <Icon name="stop" /> {t("shell.cancel")}
        </button>
      ) : (
        <button
          type="button"
          className="button is-primary form-button"
          onClick={() => perform("run.all")}
        >
          <Icon name="run" /> {t("shell.run")}
        </button>
      )}
    </div>
  );
}

function Progress({ run }: { readonly run: JobRun }) {
  const t = useT();
  const { job } = run;
  const at = workingOn(run);
  const share = at?.total ? (at.done ?? 0) / at.total : undefined;
  const words = () => {
    if (job.state === "queued")
      return job.position ? t("form.waiting.behind", { count: job.position }) : t("form.waiting");
    if (!at) return t("jobs.starting");
    const node = nodeTitle(job.id, at.node);
    return at.total
      ? t("form.working.steps", { node, done: at.done ?? 0, total: at.total })
      : t("form.working", { node });
  };
  return (
    <div className="form-progress">
      <span>{words()}</span>
      <ProgressBar label={t("form.progress")} value={share} />
    </div>
  );
}
