/** Files and node types that are dropped on the page, and files that are opened. */

import type { DragEvent } from "react";
import { uploadFile } from "../api/client";
import { readWorkflow } from "../document/canonical";
import * as commands from "../document/commands";
import { isComfyWorkflow } from "../document/foreign";
import { DocumentError } from "../document/json";
import { workflowTextInPng } from "../document/png";
import { graphIn, type Workflow } from "../document/workflow";
import { t } from "../i18n";
import { documentErrorText } from "../panels/document_error";
import { reasonOf as plainReason } from "../panels/format";
import { server } from "../state/server";
import { countUse } from "../state/settings";
import { activeTab, openTab, run, scopeOf, select } from "../state/tabs";
import { announce, toast } from "../state/ui";
import { getFlow, middle } from "./camera";
import { focusNode } from "./focus";

/** What the data of a dragged node type is called. */
export const DROP_NODE = "application/x-weft-node";

export async function acceptDrop(event: DragEvent): Promise<void> {
  event.preventDefault();
  const at = getFlow()?.screenToFlowPosition({ x: event.clientX, y: event.clientY }) ?? middle();
  const type = event.dataTransfer.getData(DROP_NODE);
  if (type) addNodeAt(type, at);
  else await openFiles([...event.dataTransfer.files], at);
}

/** Files that are dropped beside the canvas: a browser would leave the page to show them. */
export function followDrops(): () => void {
  const over = (event: globalThis.DragEvent) => {
    if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
  };
  const drop = (event: globalThis.DragEvent) => {
    const files = [...(event.dataTransfer?.files ?? [])];
    if (event.defaultPrevented || files.length === 0) return;
    event.preventDefault();
    void openFiles(files);
  };
  window.addEventListener("dragover", over);
  window.addEventListener("drop", drop);
  return () => {
    window.removeEventListener("dragover", over);
    window.removeEventListener("drop", drop);
  };
}

/** Add a node of a type, select it and put the keyboard on it. */
export function addNodeAt(
  type: string,
  at: { readonly x: number; readonly y: number },
  values: Parameters<typeof commands.addNode>[2]["values"] = {},
): string | null {
  const tab = activeTab();
  const scope = scopeOf(tab?.path ?? []);
  const graph = tab ? graphIn(tab.history.present, scope) : undefined;
  if (!graph) return null;
  const { catalogue } = server.getState();
  const id = commands.freeId(graph, type);
  const place = { x: Math.round(at.x / 20) * 20, y: Math.round(at.y / 20) * 20 };
  run(commands.addNode(scope, catalogue, { type, at: place, id, values }));
  countUse(type);
  select([id]);
  focusNode(id);
  announce(t("canvas.said.added", { node: catalogue.get(type)?.title ?? type }));
  return id;
}

/** Open workflows, alone or inside pictures, in tabs of their own; other pictures become nodes. */
export async function openFiles(
  files: readonly File[],
  at: { readonly x: number; readonly y: number } = middle(),
): Promise<void> {
  for (const [index, file] of files.entries()) {
    try {
      await openFile(file, { x: at.x + index * 40, y: at.y + index * 40 });
    } catch (error) {
      toast("error", t("canvas.drop.failed", { file: file.name, reason: reasonOf(error) }));
    }
  }
}

async function openFile(file: File, at: { x: number; y: number }): Promise<void> {
  const title = file.name.replace(/\.(json|png)$/i, "");
  if (!file.type.startsWith("image/")) {
    openTab({ workflow: readFile(await file.text()), title });
    return;
  }
  const text =
    file.type === "image/png"
      ? await workflowTextInPng(new Uint8Array(await file.arrayBuffer()))
      : null;
  if (text !== null) {
    openTab({ workflow: readWorkflow(text), title });
    return;
  }
  const { name } = await uploadFile(file);
  addNodeAt("image.load", at, { path: name });
  toast("info", t("canvas.drop.none", { file: file.name }));
}

function readFile(text: string): Workflow {
  try {
    return readWorkflow(text);
  } catch (error) {
    throw isComfyWorkflow(text) ? new Error(t("canvas.drop.comfyui")) : error;
  }
}

function reasonOf(error: unknown): string {
  return error instanceof DocumentError ? documentErrorText(error) : plainReason(error);
}
