/** What can be done with the graph: edit, arrange, look, run. */

import { frame, middle, zoomBy, zoomTo } from "../canvas/camera";
import { openFiles } from "../canvas/dropping";
import { focusCanvas, focusNode } from "../canvas/focus";
import { gesture } from "../canvas/gesture";
import { currentNode } from "../canvas/keyboard";
import { disconnect, reroute, searchAt } from "../canvas/linking";
import { model } from "../canvas/model";
import { freePlace } from "../canvas/placing";
import { layoutOf } from "../document/autolayout";
import { writeWorkflow } from "../document/canonical";
import { copy, paste } from "../document/clipboard";
import * as commands from "../document/commands";
import type { Command } from "../document/history";
import { DocumentError } from "../document/json";
import { expandSubgraph, isRefusal } from "../document/subgraphs";
import { EMPTY, parseLink, SUBGRAPH } from "../document/workflow";
import { type MessageKey, t } from "../i18n";
import { copyWords, hasClipboard } from "../state/copying";
import { flatId } from "../state/node_runs";
import { cancelRun, runWorkflow } from "../state/running";
import { isActive, runs } from "../state/runs";
import { fileOf } from "../state/saving";
import { settings, shownTheme } from "../state/settings";
import {
  activeTab,
  closeTab,
  enterSubgraph,
  isUnsaved,
  leaveTo,
  openTab,
  redo,
  run,
  scopeOf,
  sealStep,
  select,
  undo,
} from "../state/tabs";
import { announce, openDialog, toast, ui } from "../state/ui";
import type { Action } from "./actions";
import { chooseFiles, download } from "./files";

const some = () => (activeTab()?.selection.size ?? 0) > 0;
const chosen = () => [...(activeTab()?.selection ?? [])];
const chosenNodes = () => chosen().filter((id) => model.getState().cards.has(id));
const scope = () => scopeOf(activeTab()?.path ?? []);
const catalogue = () => model.getState().catalogue;

export const fileActions: readonly Action[] = [
  {
    id: "file.new",
    label: "action.file.new",
    group: "file",
    keys: "Alt+N",
    run: () => void openTab({ workflow: EMPTY, title: t("shell.untitled") }),
  },
  {
    id: "file.open",
    label: "action.file.open",
    group: "file",
    keys: "Mod+Shift+O",
    run: async () => openFiles(await chooseFiles(".json,image/*")),
  },
  {
    id: "file.close",
    label: "action.file.close",
    group: "file",
    keys: "Alt+W",
    run: closeActive,
  },
  {
    id: "file.export",
    label: "action.file.export",
    group: "file",
    keys: "Mod+E",
    run: () => {
      const tab = activeTab();
      if (tab) download(`${tab.title}.json`, writeWorkflow(fileOf(tab)));
    },
  },
];

function closeActive(): void {
  const tab = activeTab();
  if (!tab) return;
  if (isUnsaved(tab)) openDialog({ kind: "close-tab", tab: tab.id });
  else closeTab(tab.id);
}

export const editActions: readonly Action[] = [
  {
    id: "edit.undo",
    label: "action.edit.undo",
    group: "edit",
    keys: "Mod+Z",
    enabled: () => (activeTab()?.history.past.length ?? 0) > 0,
    run: () => step("undo"),
  },
  {
    id: "edit.redo",
    label: "action.edit.redo",
    group: "edit",
    keys: "Mod+Shift+Z Mod+Y",
    enabled: () => (activeTab()?.history.future.length ?? 0) > 0,
    run: () => step("redo"),
  },
  {
    id: "edit.copy",
    label: "action.edit.copy",
    group: "edit",
    enabled: () => some() && hasClipboard(),
    run: copyChosen,
  },
  {
    id: "edit.cut",
    label: "action.edit.cut",
    group: "edit",
    enabled: () => some() && hasClipboard(),
    run: async () => {
      await copyChosen();
      removeChosen();
    },
  },
  {
    id: "edit.paste",
    label: "action.edit.paste",
    group: "edit",
    enabled: hasClipboard,
    run: async () => pasteText(await navigator.clipboard.readText()),
  },
  {
    id: "edit.duplicate",
    label: "action.edit.duplicate",
    group: "edit",
    keys: "Mod+D",
    enabled: some,
    run: () => addedBy(() => done(commands.duplicate(scope(), chosen(), catalogue()))),
  },
  {
    id: "edit.delete",
    label: "action.edit.delete",
    group: "edit",
    keys: "Delete Backspace",
    canvas: true,
    run: removeChosen,
  },
  {
    id: "edit.all",
    label: "action.edit.all",
    group: "edit",
    keys: "Mod+A",
    canvas: true,
    run: () => {
      select(model.getState().cards.keys());
      announce(t("canvas.said.selected", { count: model.getState().cards.size }));
    },
  },
  {
    id: "edit.none",
    label: "action.edit.none",
    group: "edit",
    keys: "Escape",
    canvas: true,
    run: () => {
      select([]);
      gesture.setState({ link: null, refusal: null, menu: null });
    },
  },
];

function step(which: "undo" | "redo"): void {
  const { past = [], future = [] } = activeTab()?.history ?? {};
  const taken = which === "undo" ? past.at(-1) : future[0];
  if (which === "undo") undo();
  else redo();
  if (taken) {
    const what = t(`command.${taken.name}` as MessageKey);
    announce(t(`canvas.said.${which}` as MessageKey, { what }));
  }
}

/** The chosen nodes as text, for the clipboard. */
export function copyText(): string | null {
  const tab = activeTab();
  if (!tab || tab.selection.size === 0) return null;
  return copy(tab.history.present, scope(), tab.selection, catalogue());
}

async function copyChosen(): Promise<void> {
  const text = copyText();
  if (text === null) return;
  await copyWords(text);
  announce(t("canvas.said.copied", { count: chosenNodes().length }));
}

/** Add what the clipboard's text holds, and select it. */
export function pasteText(text: string): void {
  const tab = activeTab();
  if (!tab) return;
  const options = { keepOuterLinks: true, catalogue: catalogue() };
  const command = paste(tab.history.present, scope(), text, middle(), options);
  if (command instanceof DocumentError) {
    toast("warn", t("canvas.paste.none"));
    return;
  }
  addedBy(() => run(command));
  announce(t("canvas.said.pasted"));
}

/** Change the graph, and say what was done. */
function done(command: Command): void {
  run(command);
  announce(t(`command.${command.name}` as MessageKey));
}

/** Do something that adds nodes, and select those. */
function addedBy(change: () => void): void {
  const before = new Set(model.getState().cards.keys());
  change();
  const after = activeTab()?.history.present;
  const nodes = Object.keys(
    (scope() === null ? after : after?.subgraphs[scope() ?? ""])?.nodes ?? {},
  );
  const added = nodes.filter((id) => !before.has(id));
  if (added.length > 0) select(added);
}

function removeChosen(): void {
  const ids = chosen();
  const { link } = gesture.getState();
  // A link is chosen only as long as nothing else is.
  const to = link === null || ids.length > 0 ? null : parseLink(link);
  gesture.setState({ link: null });
  if (to && model.getState().graph.nodes[to.node]?.links[to.socket]) disconnect(to);
  if (ids.length === 0) return;
  run(commands.removeNodes(scope(), ids, catalogue()));
  announce(t("canvas.said.removed", { count: ids.length }));
  focusCanvas();
}

export const graphActions: readonly Action[] = [
  {
    id: "graph.search",
    label: "action.graph.search",
    group: "graph",
    keys: "/ Shift+A",
    run: () => {
      const box = document.querySelector("[data-canvas]")?.getBoundingClientRect();
      const at = freePlace(currentNode());
      if (box) searchAt({ x: box.x + box.width / 2, y: box.y + box.height / 3 }, at);
    },
  },
  { ...toggled("mute"), keys: "M" },
  { ...toggled("bypass"), keys: "B" },
  {
    id: "graph.collapse",
    label: "action.graph.collapse",
    group: "graph",
    keys: "Alt+C",
    canvas: true,
    enabled: some,
    run: () => {
      const folded = new Set(model.getState().graph.view.collapsed ?? []);
      const all = chosenNodes().every((id) => folded.has(id));
      run(commands.collapse(scope(), chosenNodes(), !all));
    },
  },
  {
    id: "graph.group",
    label: "action.graph.group",
    group: "graph",
    keys: "G",
    canvas: true,
    enabled: some,
    run: () =>
      done(commands.group(scope(), chosenNodes(), catalogue(), { title: t("canvas.group.title") })),
  },
  {
    id: "graph.note",
    label: "action.graph.note",
    group: "graph",
    keys: "N",
    canvas: true,
    run: () => done(commands.addNote(scope(), { text: "", at: middle() })),
  },
  {
    id: "graph.rename",
    label: "action.graph.rename",
    group: "graph",
    keys: "F2",
    enabled: () => chosenNodes().length === 1,
    run: () => {
      const [node] = chosenNodes();
      if (node) openDialog({ kind: "rename-node", node });
    },
  },
  {
    id: "graph.reroute",
    label: "action.graph.reroute",
    group: "graph",
    enabled: () => gesture.getState().link !== null,
    run: () => {
      const to = parseLink(gesture.getState().link ?? "");
      gesture.setState({ link: null });
      if (to) reroute(to);
    },
  },
  {
    id: "graph.disconnect",
    label: "action.graph.disconnect",
    group: "graph",
    enabled: () => gesture.getState().link !== null,
    run: removeChosen,
  },
  {
    id: "graph.subgraph",
    label: "action.graph.subgraph",
    group: "graph",
    keys: "Mod+G",
    enabled: () => chosenNodes().length > 0,
    run: () => openDialog({ kind: "subgraph-name" }),
  },
  {
    id: "graph.expand",
    label: "action.graph.expand",
    group: "graph",
    keys: "Mod+Shift+G",
    enabled: () => chosenUse() !== null,
    run: expandChosen,
  },
  {
    id: "graph.enter",
    label: "action.graph.enter",
    group: "graph",
    keys: "Mod+ArrowDown",
    enabled: () => chosenUse() !== null,
    run: () => {
      const use = chosenUse();
      if (use) enterSubgraph(use.name, use.id);
    },
  },
  {
    id: "graph.leave",
    label: "action.graph.leave",
    group: "graph",
    keys: "Mod+ArrowUp",
    enabled: () => (activeTab()?.path.length ?? 0) > 0,
    run: () => leaveTo((activeTab()?.path.length ?? 1) - 1),
  },
  {
    id: "graph.layout",
    label: "action.graph.layout",
    group: "graph",
    keys: "L",
    canvas: true,
    run: layOut,
  },
  ...(
    [
      ["align.left", "left"],
      ["align.right", "right"],
      ["align.top", "top"],
      ["align.bottom", "bottom"],
      ["align.horizontal", "horizontalCentre"],
      ["align.vertical", "verticalCentre"],
      ["distribute.horizontal", "distributeHorizontally"],
      ["distribute.vertical", "distributeVertically"],
    ] as const
  ).map(
    ([id, how]): Action => ({
      id: `graph.${id}`,
      label: `action.graph.${id}`,
      group: "graph",
      enabled: () => chosenNodes().length > 1,
      run: () => done(commands.alignNodes(scope(), chosenNodes(), how, catalogue())),
    }),
  ),
];

function toggled(mode: "mute" | "bypass"): Action {
  return {
    id: `graph.${mode}`,
    label: `action.graph.${mode}`,
    group: "graph",
    canvas: true,
    enabled: () => chosenNodes().length > 0,
    run: () => {
      const { nodes } = model.getState().graph;
      const all = chosenNodes().every((id) => nodes[id]?.mode === mode);
      run(commands.setMode(scope(), chosenNodes(), all ? null : mode));
    },
  };
}

function chosenUse(): { id: string; name: string } | null {
  const [id] = chosenNodes();
  const type = id === undefined ? undefined : model.getState().graph.nodes[id]?.type;
  return id !== undefined && type?.startsWith(SUBGRAPH)
    ? { id, name: type.slice(SUBGRAPH.length) }
    : null;
}

function expandChosen(): void {
  const tab = activeTab();
  const use = chosenUse();
  if (!tab || !use) return;
  const command = expandSubgraph(tab.history.present, scope(), use.id, catalogue());
  if (isRefusal(command))
    toast(
      "warn",
      t(`document.refused.${command.refused}` as MessageKey, { about: command.about ?? "" }),
    );
  else addedBy(() => done(command));
}

async function layOut(): Promise<void> {
  const tab = activeTab();
  if (!tab) return;
  const ids = chosenNodes();
  const only = ids.length > 1 ? ids : undefined;
  const positions = await layoutOf(tab.history.present, scope(), catalogue(), only);
  done(commands.autoLayout(scope(), positions, catalogue()));
  sealStep();
  frame(only);
}

export const viewActions: readonly Action[] = [
  {
    id: "view.fit",
    label: "action.view.fit",
    group: "view",
    keys: "F",
    canvas: true,
    run: () => frame(),
  },
  {
    id: "view.selection",
    label: "action.view.selection",
    group: "view",
    keys: "Shift+F",
    canvas: true,
    enabled: some,
    run: () => frame(chosenNodes()),
  },
  {
    id: "view.in",
    label: "action.view.in",
    group: "view",
    keys: "+ =",
    canvas: true,
    run: () => zoomBy(1.25),
  },
  {
    id: "view.out",
    label: "action.view.out",
    group: "view",
    keys: "-",
    canvas: true,
    run: () => zoomBy(0.8),
  },
  {
    id: "view.actual",
    label: "action.view.actual",
    group: "view",
    keys: "0",
    canvas: true,
    run: () => zoomTo(1),
  },
  {
    id: "view.picture",
    label: "action.view.picture",
    group: "view",
    keys: "P",
    canvas: true,
    run: openPicture,
  },
  {
    id: "view.inspector",
    label: "action.view.inspector",
    group: "view",
    keys: "I",
    run: () => ui.setState((state) => ({ inspector: !state.inspector })),
  },
  {
    id: "view.form",
    label: "action.view.form",
    group: "view",
    keys: "Alt+F",
    run: () => ui.setState((state) => ({ form: !state.form })),
  },
  {
    id: "view.theme",
    label: "action.view.theme",
    group: "view",
    run: () => settings.setState({ theme: shownTheme() === "dark" ? "light" : "dark" }),
  },
  {
    id: "view.focus",
    label: "action.view.focus",
    group: "view",
    keys: "F6",
    always: true,
    run: () => {
      const node = currentNode();
      if (node) focusNode(node, { keep: true });
      else focusCanvas();
    },
  },
];

/** The picture of the chosen node, or the first of the run. */
function openPicture(): void {
  const tab = activeTab();
  const outputs = tab?.job ? (runs.getState().jobs[tab.job]?.job.outputs ?? []) : [];
  const [node] = chosenNodes();
  const flat = node === undefined ? null : flatId(tab?.uses ?? [], node);
  const own = outputs.findIndex((one) => one.thumbnail && one.node === flat);
  const index = own >= 0 ? own : outputs.findIndex((one) => one.thumbnail);
  if (tab?.job && index >= 0) openDialog({ kind: "viewer", job: tab.job, index });
  else announce(t("canvas.picture.none"));
}

export const runActions: readonly Action[] = [
  {
    id: "run.all",
    label: "action.run.all",
    group: "run",
    keys: "Mod+Enter",
    always: true,
    run: () => runWorkflow(),
  },
  {
    id: "run.here",
    label: "action.run.here",
    group: "run",
    keys: "Shift+Enter",
    canvas: true,
    enabled: () => chosenNodes().length > 0 && scope() === null,
    run: () => runWorkflow(chosenNodes()),
  },
  {
    id: "run.cancel",
    label: "action.run.cancel",
    group: "run",
    keys: "Mod+.",
    always: true,
    enabled: () => {
      const job = activeTab()?.job;
      const found = job ? runs.getState().jobs[job]?.job : undefined;
      return found !== undefined && isActive(found);
    },
    run: cancelRun,
  },
];
