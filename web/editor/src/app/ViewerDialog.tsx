/** The pictures of a job, large. */

import { useStore } from "zustand";
import { fetchJobWorkflow } from "../api/client";
import type { JobView, OutputView } from "../api/types";
import { runs } from "../state/runs";
import { openTab } from "../state/tabs";
import { type Dialog, openDialog, toast } from "../state/ui";
import type { Picture } from "../viewer/contract";
import ImageViewer from "../viewer/ImageViewer";

interface Props {
  readonly dialog: Extract<Dialog, { kind: "viewer" }>;
  onClose(): void;
}

export default function ViewerDialog({ dialog, onClose }: Props) {
  const job = useStore(runs, (state) => state.jobs[dialog.job]?.job);
  if (!job) return null;
  const pictures = picturesOf(job);
  const wanted = job.outputs[dialog.index]?.url;
  const index = Math.max(
    0,
    pictures.findIndex((one) => one.url === wanted),
  );
  if (pictures.length === 0) return null;
  return (
    <ImageViewer
      pictures={pictures}
      index={index}
      onClose={onClose}
      onOpenWorkflow={() => void openWorkflow(job)}
    />
  );
}

/** Those that a browser can show, in the order they were made. */
export function picturesOf(job: JobView): readonly Picture[] {
  return job.outputs.flatMap((one) => (one.url && isPicture(one) ? [picture(job, one)] : []));
}

function isPicture({ mime }: OutputView): boolean {
  return mime?.startsWith("image/") === true;
}

function picture(job: JobView, one: OutputView): Picture {
  return {
    id: `${one.node}/${one.index}`,
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
  try {
    const workflow = await fetchJobWorkflow(job.id);
    openTab({ workflow, title: job.label ?? job.workflow_name ?? job.id.slice(0, 8), job: job.id });
    openDialog(null);
  } catch (error) {
    toast("error", error instanceof Error ? error.message : String(error));
  }
}
