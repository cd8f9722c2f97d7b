/** The jobs that wait, in their order, and moving them within it. */

import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from "react";
import type { JobView } from "../api/types";
import { useT } from "../i18n";
import { announce } from "../state/ui";
import { momentText } from "./format";
import { cancel, jobTitle, move, openWorkflowOf } from "./jobs";
import { indexForGap, movedTo, placeAt } from "./queue_order";
import { Icon } from "./ui/Icon";
import { IconButton } from "./ui/IconButton";
import { Menu } from "./ui/Menu";
import { useNow } from "./useNow";

interface Props {
  readonly jobs: readonly JobView[];
}

export function WaitingJobs({ jobs }: Props) {
  const t = useT();
  const list = useRef<HTMLOListElement>(null);
  // The order as the person just made it, until the server says the same.
  const [made, setMade] = useState<readonly string[] | null>(null);
  const [carried, setCarried] = useState<{ id: string; gap: number } | null>(null);
  const told = jobs.map((one) => one.id);
  const key = told.join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: what the server says replaces it
  useEffect(() => setMade(null), [key]);
  const same = made?.length === told.length && made.every((id) => told.includes(id));
  const order = same ? made : told;
  const byId = new Map(jobs.map((one) => [one.id, one]));

  const put = (id: string, wanted: number) => {
    const index = Math.min(order.length - 1, Math.max(0, wanted));
    const place = placeAt(order, id, index);
    const job = byId.get(id);
    if (!place || !job) return;
    setMade(movedTo(order, id, index));
    announce(t("jobs.said.moved", { job: jobTitle(job), place: index + 1, count: order.length }));
    void move(job, place).then(() => setMade(null));
  };
  const gapAt = (y: number) => {
    const rows = [...(list.current?.children ?? [])].map((one) => one.getBoundingClientRect());
    const below = rows.findIndex((one) => y < one.top + one.height / 2);
    return below < 0 ? rows.length : below;
  };
  const carry = (id: string) => (down: PointerEvent<HTMLButtonElement>) => {
    if (down.button !== 0) return;
    const grip = down.currentTarget;
    grip.setPointerCapture(down.pointerId);
    let gap: number | null = null;
    const onMove = (event: globalThis.PointerEvent) => {
      gap = gapAt(event.clientY);
      setCarried({ id, gap });
    };
    const end = () => {
      grip.removeEventListener("pointermove", onMove);
      grip.removeEventListener("lostpointercapture", end);
      setCarried(null);
      if (gap !== null) put(id, indexForGap(order, id, gap));
    };
    grip.addEventListener("pointermove", onMove);
    grip.addEventListener("lostpointercapture", end);
  };

  return (
    <section aria-label={t("jobs.queue.waiting")}>
      <h3 className="panel-section">
        {t("jobs.queue.waiting")}
        <span className="panel-section-count">{order.length}</span>
      </h3>
      <ol className="panel-list queue-waiting" ref={list}>
        {order.map((id, index) => {
          const job = byId.get(id);
          if (!job) return null;
          const edge = carried && gapMark(carried.gap, index, order.length);
          return (
            <li
              key={id}
              className="panel-row queue-row"
              data-carried={carried?.id === id || undefined}
              data-edge={edge || undefined}
            >
              <WaitingJob
                job={job}
                index={index}
                count={order.length}
                onPut={(to) => put(id, to)}
                onCarry={carry(id)}
              />
            </li>
          );
        })}
      </ol>
      <p id="queue-grip-hint" className="visually-hidden">
        {t("jobs.grip.hint")}
      </p>
    </section>
  );
}

/** On which edge of a row the gap is shown, if it is. */
function gapMark(gap: number, index: number, count: number): "top" | "bottom" | null {
  if (gap === index) return "top";
  return gap === count && index === count - 1 ? "bottom" : null;
}

interface RowProps {
  readonly job: JobView;
  readonly index: number;
  readonly count: number;
  onPut(index: number): void;
  onCarry(event: PointerEvent<HTMLButtonElement>): void;
}

function WaitingJob({ job, index, count, onPut, onCarry }: RowProps) {
  const t = useT();
  const now = useNow(30_000);
  const title = jobTitle(job);
  const onKeyDown = (event: KeyboardEvent) => {
    const to = { ArrowUp: index - 1, ArrowDown: index + 1, Home: 0, End: count - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    onPut(to);
  };
  return (
    <>
      <button
        type="button"
        className="queue-grip"
        aria-label={t("jobs.grip", { job: title })}
        aria-describedby="queue-grip-hint"
        onPointerDown={onCarry}
        onKeyDown={onKeyDown}
      >
        <Icon name="drag" />
      </button>
      <span className="panel-row-text">
        <span className="panel-row-title" title={title}>
          {title}
        </span>
        <span className="panel-row-sub">
          <span>{t("jobs.queued.since", { time: momentText(job.created, now) })}</span>
        </span>
      </span>
      <IconButton
        small
        icon="close"
        label={t("jobs.cancel", { job: title })}
        onClick={() => void cancel(job)}
      />
      <Menu
        small
        label={t("jobs.more", { job: title })}
        items={[
          {
            label: t("jobs.move.front"),
            icon: "to-front",
            disabled: index === 0,
            run: () => onPut(0),
          },
          {
            label: t("jobs.move.earlier"),
            icon: "arrow-up",
            disabled: index === 0,
            run: () => onPut(index - 1),
          },
          {
            label: t("jobs.move.later"),
            icon: "arrow-down",
            disabled: index === count - 1,
            run: () => onPut(index + 1),
          },
          {
            label: t("jobs.move.back"),
            icon: "to-back",
            disabled: index === count - 1,
            run: () => onPut(count - 1),
          },
          "-",
          { label: t("jobs.workflow"), icon: "workflows", run: () => void openWorkflowOf(job) },
        ]}
      />
    </>
  );
}
