/** One job of the history: its picture, how it ended, what can be done with it. */

import { useStore } from "zustand";
import type { JobView } from "../api/types";
import { type MessageKey, useT } from "../i18n";
import { runs } from "../state/runs";
import { tabs } from "../state/tabs";
import { Failure } from "./Failure";
import { durationText, fullMoment, momentText } from "./format";
import {
  canRetry,
  compareToJob,
  copyLink,
  durationOf,
  jobTitle,
  openWorkflowOf,
  picturesOf,
  retry,
  view,
} from "./jobs";
import { Badge } from "./ui/Badge";
import type { IconName } from "./ui/icons";
import { Menu, type MenuEntry } from "./ui/Menu";
import { Thumb } from "./ui/Thumb";
import { useNow } from "./useNow";

interface Props {
  readonly id: string;
  readonly look: "grid" | "list";
  onDelete(job: JobView): void;
  onFailure(job: JobView): void;
}

export function EndedJob({ id, look, onDelete, onFailure }: Props) {
  const job = useStore(runs, (state) => state.jobs[id]?.job);
  if (!job) return null;
  const open = () => {
    if (!view(job) && job.error) onFailure(job);
  };
  const menu = (
    <JobMenu job={job} onDelete={() => onDelete(job)} onFailure={() => onFailure(job)} />
  );
  return look === "grid" ? (
    <Card job={job} onOpen={open} menu={menu} />
  ) : (
    <Row job={job} onOpen={open} menu={menu} />
  );
}

interface LookProps {
  readonly job: JobView;
  readonly menu: React.ReactNode;
  onOpen(): void;
}

function Card({ job, menu, onOpen }: LookProps) {
  const t = useT();
  const now = useNow(30_000);
  const pictures = picturesOf(job);
  return (
    <li className="history-card">
      <button
        type="button"
        className="history-open"
        disabled={pictures.length === 0 && !job.error}
        onClick={onOpen}
      >
        <span className="visually-hidden">{t("jobs.open", { job: jobTitle(job) })}</span>
        <Thumb src={pictures[0]?.output.thumbnail} icon={iconOf(job)} />
        {pictures.length > 1 && (
          <>
            <span className="history-count" aria-hidden="true">
              {pictures.length}
            </span>
            <span className="visually-hidden">
              {t("jobs.pictures", { count: pictures.length })}
            </span>
          </>
        )}
        {job.state !== "done" && (
          <span className="history-state">
            <StateBadge job={job} />
          </span>
        )}
      </button>
      <div className="history-caption">
        <span className="panel-row-title" title={jobTitle(job)}>
          {jobTitle(job)}
        </span>
        {menu}
      </div>
      <span className="panel-row-sub">
        <Times job={job} now={now} />
      </span>
    </li>
  );
}

function Row({ job, menu, onOpen }: LookProps) {
  const now = useNow(30_000);
  const pictures = picturesOf(job);
  return (
    <li className="history-item">
      <div className="panel-row">
        <button
          type="button"
          className="panel-row-main"
          disabled={pictures.length === 0 && !job.error}
          onClick={onOpen}
        >
          <Thumb src={pictures[0]?.output.thumbnail} icon={iconOf(job)} />
          <span className="panel-row-text">
            <span className="panel-row-title">{jobTitle(job)}</span>
            <span className="panel-row-sub">
              {job.state !== "done" && <StateBadge job={job} />}
              <Times job={job} now={now} />
            </span>
          </span>
        </button>
        {menu}
      </div>
      {job.error && (
        <div className="history-failure">
          <Failure job={job} />
        </div>
      )}
    </li>
  );
}

function Times({ job, now }: { readonly job: JobView; readonly now: number }) {
  const when = job.finished ?? job.created;
  const seconds = durationOf(job);
  return (
    <span title={fullMoment(when)}>
      {momentText(when, now)}
      {seconds !== null && ` · ${durationText(seconds)}`}
    </span>
  );
}

function StateBadge({ job }: { readonly job: JobView }) {
  const t = useT();
  const bad = job.state === "failed" || job.state === "quarantined";
  return (
    <Badge tone={bad ? "error" : "plain"} icon={bad ? "error" : "stop"}>
      {t(stateKey(job))}
    </Badge>
  );
}

function stateKey(job: JobView): MessageKey {
  return `jobs.state.${job.state}`;
}

function iconOf(job: JobView): IconName {
  if (job.state === "done") return job.outputs.length > 0 ? "file" : "check";
  return job.state === "cancelled" ? "stop" : "error";
}

interface MenuProps {
  readonly job: JobView;
  onDelete(): void;
  onFailure(): void;
}

function JobMenu({ job, onDelete, onFailure }: MenuProps) {
  const t = useT();
  const comparable = useStore(tabs, (state) => state.active !== "");
  const [picture] = picturesOf(job);
  const items: MenuEntry[] = [
    { label: t("jobs.workflow"), icon: "workflows", run: () => void openWorkflowOf(job) },
    {
      label: t("jobs.compare"),
      icon: "compare",
      disabled: !comparable,
      run: () => void compareToJob(job),
    },
  ];
  if (job.error) items.push({ label: t("jobs.failure"), icon: "error", run: onFailure });
  if (canRetry(job))
    items.push({ label: t("jobs.retry"), icon: "retry", run: () => void retry(job) });
  if (picture?.output.url)
    items.push({
      label: t("jobs.copy"),
      icon: "link",
      run: () => void copyLink(picture.output),
    });
  items.push("-", { label: t("jobs.delete"), icon: "trash", danger: true, run: onDelete });
  return <Menu small label={t("jobs.more", { job: jobTitle(job) })} items={items} />;
}
