/** The jobs that run and that wait. */

import { useEffect } from "react";
import { useStore } from "zustand";
import { useShallow } from "zustand/react/shallow";
import { action } from "../app/actions";
import { keysOf, shown } from "../app/keys";
import { useT } from "../i18n";
import { loadQueue } from "../state/connect";
import { isActive, runs } from "../state/runs";
import { server } from "../state/server";
import { attempt } from "./attempt";
import { runningJobs, waitingJobs } from "./queue_order";
import { pauseReason, togglePause } from "./queue_state";
import { RunningJob } from "./RunningJob";
import { Button } from "./ui/Button";
import { EmptyState } from "./ui/EmptyState";
import { Icon } from "./ui/Icon";
import { WaitingJobs } from "./WaitingJobs";
import "./panel.css";
import "./queue.css";

const SETTLE = 300;

export default function Queue() {
  const t = useT();
  const active = useStore(
    runs,
    useShallow((state) =>
      Object.values(state.jobs)
        .map((one) => one.job)
        .filter(isActive),
    ),
  );
  const running = runningJobs(active);
  const waiting = waitingJobs(active);
  // What joined or left has moved the others.
  const members = waiting
    .map((one) => one.id)
    .sort()
    .join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: read anew when the queue is another
  useEffect(() => {
    const timer = window.setTimeout(() => void attempt(loadQueue), SETTLE);
    return () => clearTimeout(timer);
  }, [members]);
  return (
    <div className="panel">
      <QueueHead running={running.length} waiting={waiting.length} />
      <PausedNote />
      {active.length === 0 && <EmptyQueue />}
      {running.length > 0 && (
        <section aria-label={t("jobs.queue.running")}>
          <h3 className="panel-section">{t("jobs.queue.running")}</h3>
          <ul className="panel-list">
            {running.map((one) => (
              <RunningJob key={one.id} id={one.id} />
            ))}
          </ul>
        </section>
      )}
      {waiting.length > 0 && <WaitingJobs jobs={waiting} />}
    </div>
  );
}

function QueueHead({ running, waiting }: { readonly running: number; readonly waiting: number }) {
  const t = useT();
  const known = useStore(server, (state) => state.system !== null);
  const paused = useStore(server, (state) => state.system?.paused != null);
  return (
    <div className="panel-head">
      <span className="panel-head-text" role="status">
        {t("jobs.queue.counts", { running, waiting })}
      </span>
      <Button icon={paused ? "play" : "pause"} disabled={!known} onClick={() => void togglePause()}>
        {t(paused ? "jobs.queue.resume" : "jobs.queue.pause")}
      </Button>
    </div>
  );
}

function PausedNote() {
  const t = useT();
  const paused = useStore(server, (state) => state.system?.paused);
  if (!paused) return null;
  const reason = pauseReason(paused);
  return (
    <p className="panel-note is-warn">
      <Icon name="pause" />
      <span>{reason ? t(reason) : t("jobs.paused.reason", { reason: paused })}</span>
    </p>
  );
}

function EmptyQueue() {
  const t = useT();
  const run = action("run.all");
  const chord = run && keysOf(run)[0];
  return (
    <EmptyState
      icon="queue"
      text={t("jobs.queue.empty")}
      {...(chord ? { hint: t("jobs.queue.empty.hint", { keys: shown(chord) }) } : {})}
    />
  );
}
