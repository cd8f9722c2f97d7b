/** The jobs that have ended, with what they made. */

import { useState } from "react";
import { useStore } from "zustand";
import { useShallow } from "zustand/react/shallow";
import type { JobState, JobView } from "../api/types";
import { useT } from "../i18n";
import { loadOlderJobs } from "../state/connect";
import { isActive, runs } from "../state/runs";
import { settings } from "../state/settings";
import { attempt } from "./attempt";
import { Confirm, type Question } from "./dialogs/Confirm";
import { Modal } from "./dialogs/Modal";
import { EndedJob } from "./EndedJob";
import { Failure } from "./Failure";
import { jobTitle, remove } from "./jobs";
import { Button } from "./ui/Button";
import { EmptyState } from "./ui/EmptyState";
import { Segments } from "./ui/Segments";
import "./panel.css";
import "./history.css";

type Filter = "all" | "done" | "failed";

const FILTERS: readonly Filter[] = ["all", "done", "failed"];
const STATES: Readonly<Record<Exclude<Filter, "all">, readonly JobState[]>> = {
  done: ["done"],
  failed: ["failed", "quarantined"],
};

export default function History() {
  const t = useT();
  const look = useStore(settings, (state) => state.history);
  const [filter, setFilter] = useState<Filter>("all");
  const [asked, setAsked] = useState<Question | null>(null);
  const [failed, setFailed] = useState<JobView | null>(null);
  const ended = useStore(
    runs,
    useShallow((state) =>
      state.order.filter((id) => {
        const job = state.jobs[id]?.job;
        return (
          job !== undefined &&
          !isActive(job) &&
          (filter === "all" || STATES[filter].includes(job.state))
        );
      }),
    ),
  );
  const askToDelete = (job: JobView) =>
    setAsked({
      title: t("jobs.delete.title"),
      text: t("jobs.delete.text", { job: jobTitle(job) }),
      does: t("jobs.delete.does"),
      run: () => void remove(job),
    });
  return (
    <div className="panel">
      <div className="panel-head">
        <Segments<Filter>
          label={t("jobs.filter")}
          value={filter}
          onChange={setFilter}
          options={FILTERS.map((id) => ({ id, label: t(`jobs.filter.${id}`) }))}
        />
        <span className="history-space" />
        <Segments
          label={t("jobs.look")}
          value={look}
          onChange={(history) => settings.setState({ history })}
          options={[
            { id: "grid", label: t("jobs.look.grid"), icon: "grid" },
            { id: "list", label: t("jobs.look.list"), icon: "list" },
          ]}
        />
      </div>
      {ended.length === 0 && <EmptyHistory filter={filter} />}
      <ul className={look === "grid" ? "history-grid" : "panel-list history-list"}>
        {ended.map((id) => (
          <EndedJob key={id} id={id} look={look} onDelete={askToDelete} onFailure={setFailed} />
        ))}
      </ul>
      <Older />
      {asked && <Confirm question={asked} onClose={() => setAsked(null)} />}
      {failed && (
        <Modal title={jobTitle(failed)} size="medium" onClose={() => setFailed(null)}>
          <Failure job={failed} />
        </Modal>
      )}
    </div>
  );
}

function EmptyHistory({ filter }: { readonly filter: Filter }) {
  const t = useT();
  return (
    <EmptyState
      icon="history"
      text={t(`jobs.history.empty.${filter}`)}
      {...(filter === "all" ? { hint: t("jobs.history.empty.hint") } : {})}
    />
  );
}

function Older() {
  const t = useT();
  const older = useStore(runs, (state) => state.older);
  const [loading, setLoading] = useState(false);
  if (older === null) return null;
  const load = async () => {
    setLoading(true);
    await attempt(() => loadOlderJobs(older));
    setLoading(false);
  };
  return (
    <div className="panel-foot">
      <Button disabled={loading} onClick={() => void load()}>
        {t(loading ? "panels.loading" : "jobs.older")}
      </Button>
    </div>
  );
}
