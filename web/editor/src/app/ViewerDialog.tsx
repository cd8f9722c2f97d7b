/** The pictures of a job, large, and after them those of the runs before. */

import { useState } from "react";
import { useStore } from "zustand";
import type { JobView, OutputView } from "../api/types";
import { openWorkflowOf } from "../panels/jobs";
import { runs } from "../state/runs";
import { type Dialog, openDialog } from "../state/ui";
import type { Picture } from "../viewer/contract";
import ImageViewer from "../viewer/ImageViewer";

interface Props {
  readonly dialog: Extract<Dialog, { kind: "viewer" }>;
  onClose(): void;
}

/** So many pictures of earlier runs can be leafed through, and compared with. */
const EARLIER = 40;

export default function ViewerDialog({ dialog, onClose }: Props) {
  const job = useStore(runs, (state) => state.jobs[dialog.job]?.job);
  // What ends meanwhile does not move what is looked at.
  const [earlier] = useState(() => earlierJobs(dialog.job));
  if (!job) return null;
  const shown = [job, ...earlier].flatMap((one) =>
    picturesOf(one).map((picture) => ({ job: one, picture })),
  );
  const pictures = shown.slice(0, picturesOf(job).length + EARLIER).map((one) => one.picture);
  const wanted = job.outputs[dialog.index];
  const index = Math.max(
    0,
    pictures.findIndex((one) => wanted && one.id === idOf(job, wanted)),
  );
  if (pictures.length === 0) return null;
  return (
    <ImageViewer
      pictures={pictures}
      index={index}
      onClose={onClose}
      onOpenWorkflow={({ id }) => {
        const behind = shown.find((one) => one.picture.id === id);
        if (behind) void openWorkflow(behind.job);
      }}
    />
  );
}

/** The other jobs, the newest first. */
function earlierJobs(than: string): readonly JobView[] {
  const { jobs, order } = runs.getState();
  return order.flatMap((id) => (id !== than && jobs[id] ? [jobs[id].job] : []));
}

/** Those that a browser can show, in the order they were made. */
function picturesOf(job: JobView): readonly Picture[] {
  return job.outputs.flatMap((one) => (one.url && isPicture(one) ? [picture(job, one)] : []));
}

function isPicture({ mime }: OutputView): boolean {
  return mime?.startsWith("image/") === true;
}

/** Pictures that are the same have the same address, but each its place. */
function idOf(job: JobView, { node, index }: OutputView): string {
  return `${job.id}/${node}/${index}`;
}

function picture(job: JobView, one: OutputView): Picture {
  return {
    id: idOf(job, one),
    url: one.url ?? "",
    name: one.name ?? one.node,
    node: one.node,
    thumbnail: one.thumbnail ?? null,
    width: one.width ?? null,
    height: one.height ?? null,
    bytes: one.bytes ?? null,
    mime: one.mime ?? null,
    created: job.finished ?? job.created,
  };
}

async function openWorkflow(job: JobView): Promise<void> {
  if (await openWorkflowOf(job)) openDialog(null);
}
