/** What was made: the newest large, the earlier ones in a strip. */

import { useState } from "react";
import { useStore } from "zustand";
import { useShallow } from "zustand/react/shallow";
import type { JobView } from "../../api/types";
import { useT } from "../../i18n";
import { useTab } from "../../state/hooks";
import { useShownJob } from "../../state/node_runs";
import { isActive, runs } from "../../state/runs";
import type { Tab } from "../../state/tabs";
import { openDialog, ui } from "../../state/ui";
import { fullMoment, momentText } from "../format";
import { livePreview, picturesOf } from "../jobs";
import { Button } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { Thumb } from "../ui/Thumb";

export function Pictures() {
  const t = useT();
  const run = useShownJob();
  const made = useMade();
  const [picked, setPicked] = useState<{ readonly id: string; readonly during: string } | null>(
    null,
  );
  const newest = run?.job.id ?? "";
  // Looking back ends with the next run.
  const job = made.find((one) => picked?.during === newest && one.id === picked.id) ?? made[0];
  const looking = picked?.during === newest;
  const live = run && isActive(run.job) && !looking ? livePreview(run) : undefined;
  const failed = run && !looking && run.job.error ? run.job.error.message : null;
  return (
    <section className="form-pictures" aria-label={t("form.pictures")}>
      {failed !== null && <Failed message={failed} />}
      <div className="form-large">
        {live ? (
          <img src={live} alt={t("form.live")} className="form-live" />
        ) : job ? (
          <Large job={job} />
        ) : (
          <EmptyState icon="image" text={t("form.none")} hint={t("form.none.hint")} />
        )}
      </div>
      {made.length > 1 && (
        <ul className="form-strip" aria-label={t("form.earlier")}>
          {made.map((one) => (
            <li key={one.id}>
              <button
                type="button"
                aria-pressed={!live && one === job}
                aria-label={t("form.show", { time: fullMoment(one.created) })}
                title={momentText(one.created, Date.now() / 1000)}
                onClick={() => setPicked({ id: one.id, during: newest })}
              >
                <Thumb src={picturesOf(one)[0]?.output.thumbnail} icon="image" />
              </button>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

const MOST = 40;

/** The jobs of the shown workflow that made pictures, newest first. */
function useMade(): readonly JobView[] {
  const tab = useTab();
  return useStore(
    runs,
    useShallow(({ order, jobs }) => {
      const found: JobView[] = [];
      for (const id of order) {
        const job = jobs[id]?.job;
        if (job && isOf(job, tab) && picturesOf(job).length > 0) found.push(job);
        if (found.length >= MOST) break;
      }
      return found;
    }),
  );
}

function isOf(job: JobView, tab: Tab): boolean {
  return job.id === tab.job || (tab.name ?? tab.title) === (job.workflow_name ?? job.label);
}

function Large({ job }: { readonly job: JobView }) {
  const t = useT();
  const pictures = picturesOf(job);
  return pictures.map(({ output, index }, place) => (
    <button
      key={index}
      type="button"
      className="form-picture"
      aria-label={t("form.open", { number: place + 1 })}
      onClick={() => openDialog({ kind: "viewer", job: job.id, index })}
    >
      <img
        src={pictures.length === 1 ? (output.url ?? "") : (output.thumbnail ?? output.url ?? "")}
        width={output.width ?? undefined}
        height={output.height ?? undefined}
        alt=""
        draggable={false}
      />
    </button>
  ));
}

function Failed({ message }: { readonly message: string }) {
  const t = useT();
  return (
    <div className="form-failed" role="alert">
      <p>{message}</p>
      <Button onClick={() => ui.setState({ form: false, inspector: true })}>
        {t("form.editor")}
      </Button>
    </div>
  );
}
