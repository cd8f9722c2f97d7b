/** What can be done with saved workflows besides editing them. */

import {
  deleteWorkflow,
  fetchTemplate,
  fetchWorkflow,
  renameWorkflow,
  saveWorkflow,
} from "../api/client";
import type { Template, WorkflowView } from "../api/types";
import { replaceDocument } from "../document/commands";
import { perform } from "../document/history";
import { t } from "../i18n";
import { library, loadWorkflows } from "../state/library";
import { inTurn, openSaved, openTabOf, saveTab } from "../state/saving";
import { openTab, updateTab } from "../state/tabs";
import { announce, toast } from "../state/ui";
import { attempt } from "./attempt";
import { freeName } from "./names";

export async function open(name: string): Promise<void> {
  await attempt(() => openSaved(name));
}

/** Give a saved workflow another name, in its tab too. Raises ApiError where that is taken. */
export async function rename(name: string, to: string): Promise<void> {
  const tab = openTabOf(name);
  const renamed = async () => {
    // Somebody may have saved it since the list was read.
    const { revision } = await fetchWorkflow(name);
    await renameWorkflow(name, to, revision);
    if (tab) updateTab(tab.id, () => ({ name: to, title: to }));
  };
  await (tab ? inTurn(tab.id, renamed) : renamed());
  await loadWorkflows();
}

/** Save a second one beside it and open that. */
export async function duplicate(name: string): Promise<void> {
  await attempt(async () => {
    const { workflow } = await fetchWorkflow(name);
    const names = library.getState().workflows?.map((one) => one.name) ?? [];
    const copy = freeName(name, [...names, name]);
    await saveWorkflow(copy, workflow, 0);
    await Promise.all([loadWorkflows(), openSaved(copy)]);
  });
}

/** Delete it with all revisions. Where it is open, the tab keeps what it shows. */
export async function remove({ name }: WorkflowView): Promise<void> {
  const done = await attempt(async () => {
    await deleteWorkflow(name);
    await loadWorkflows();
  });
  if (!done) return;
  const tab = openTabOf(name);
  if (tab) updateTab(tab.id, () => ({ name: null, revision: 0, saved: null }));
  announce(t("panels.workflows.said.deleted", { name }));
}

export async function openTemplate({ name, title }: Template): Promise<void> {
  await attempt(async () => {
    openTab({ workflow: await fetchTemplate(name), title });
  });
}

/** Open an earlier revision in a tab of its own, apart from the saved workflow. */
export async function openRevision(name: string, revision: number): Promise<void> {
  await attempt(async () => {
    const { workflow } = await fetchWorkflow(name, revision);
    openTab({ workflow, title: t("panels.revision.title", { name, revision }) });
  });
}

/** Make an earlier revision the newest. In an open tab it is a step that can be undone. */
export async function restoreRevision(name: string, revision: number): Promise<boolean> {
  const message = t("panels.revision.message", { revision });
  const done = await attempt(async () => {
    const { workflow } = await fetchWorkflow(name, revision);
    const tab = openTabOf(name);
    if (!tab) {
      const newest = await fetchWorkflow(name);
      await saveWorkflow(name, workflow, newest.revision, message);
      return;
    }
    updateTab(tab.id, ({ history }) => ({ history: perform(history, replaceDocument(workflow)) }));
    await saveTab(tab.id, message);
  });
  if (done) toast("ok", t("panels.revision.restored", { name, revision }));
  return done;
}
