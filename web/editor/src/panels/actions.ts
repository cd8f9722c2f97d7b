/** What can be done with saved workflows and panels. */

import type { Action } from "../app/actions";
import { type MessageKey, t } from "../i18n";
import { comparison, leaveComparison } from "../state/comparison";
import { saveTab, saving } from "../state/saving";
import { activeTab } from "../state/tabs";
import { announce, openDialog, type Panel, toast, togglePanel } from "../state/ui";
import { togglePause } from "./queue_state";

function panel(name: Panel, keys: string): Action {
  return {
    id: `panel.${name}`,
    label: `panels.action.${name}` as MessageKey,
    group: "view",
    keys,
    run: () => togglePanel(name),
  };
}

const isNamed = () => activeTab()?.name != null;

export const panelActions: readonly Action[] = [
  {
    id: "file.save",
    label: "panels.action.save",
    group: "file",
    keys: "Mod+S",
    always: true,
    run: save,
  },
  {
    id: "file.saveAs",
    label: "panels.action.save-as",
    group: "file",
    keys: "Mod+Shift+S",
    run: () => openDialog({ kind: "save-as" }),
  },
  {
    id: "file.revisions",
    label: "panels.action.revisions",
    group: "file",
    enabled: isNamed,
    run: () => {
      const name = activeTab()?.name;
      if (name) openDialog({ kind: "revisions", name });
    },
  },
  {
    id: "file.compare",
    label: "panels.action.compare",
    group: "file",
    enabled: isNamed,
    run: () => {
      const tab = activeTab();
      if (tab) openDialog({ kind: "compare", tab: tab.id });
    },
  },
  {
    id: "view.compare.leave",
    label: "panels.action.compare.leave",
    group: "view",
    enabled: () => comparison.getState().before !== null,
    run: leaveComparison,
  },
  panel("nodes", "Shift+N"),
  panel("workflows", "Mod+O"),
  panel("templates", "T"),
  panel("queue", "Q"),
  panel("history", "H"),
  panel("models", "Shift+M"),
  panel("outline", "O"),
  panel("settings", "Mod+,"),
  {
    id: "view.commands",
    label: "panels.action.commands",
    group: "view",
    keys: "Mod+K Mod+Shift+P",
    always: true,
    run: () => openDialog({ kind: "commands" }),
  },
  {
    id: "view.shortcuts",
    label: "panels.action.shortcuts",
    group: "view",
    keys: "?",
    run: () => openDialog({ kind: "shortcuts" }),
  },
  {
    id: "run.pause",
    label: "panels.action.pause",
    group: "run",
    run: togglePause,
  },
];

async function save(): Promise<void> {
  const tab = activeTab();
  if (!tab) return;
  if (tab.name === null) {
    openDialog({ kind: "save-as" });
    return;
  }
  if (await saveTab(tab.id)) {
    announce(t("panels.said.saved", { name: tab.name }));
    return;
  }
  const { status, message } = saving.getState();
  if (status[tab.id] === "conflict") openDialog({ kind: "conflict", tab: tab.id });
  else if (status[tab.id] === "offline") toast("error", t("jobs.unreachable"));
  else if (status[tab.id] === "failed") toast("error", message[tab.id] ?? "");
}
