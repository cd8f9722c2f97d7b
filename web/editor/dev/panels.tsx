/** The panels and dialogs with made-up data, for looking at. Not part of the build. */

import { type ComponentType, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { register } from "../src/app/actions";
import {
  editActions,
  fileActions,
  graphActions,
  runActions,
  viewActions,
} from "../src/app/graph_actions";
import { followModel } from "../src/canvas/model";
import { writeWorkflow } from "../src/document/canonical";
import { type Language, setLanguage } from "../src/i18n";
import { panelActions } from "../src/panels/actions";
import { CompareBar } from "../src/panels/CompareBar";
import CloseTab from "../src/panels/dialogs/CloseTab";
import CommandPalette from "../src/panels/dialogs/CommandPalette";
import Compare from "../src/panels/dialogs/Compare";
import Conflict from "../src/panels/dialogs/Conflict";
import RenameNode from "../src/panels/dialogs/RenameNode";
import Revisions from "../src/panels/dialogs/Revisions";
import SaveAs from "../src/panels/dialogs/SaveAs";
import Shortcuts from "../src/panels/dialogs/Shortcuts";
import History from "../src/panels/History";
import Models from "../src/panels/Models";
import Outline from "../src/panels/Outline";
import Queue from "../src/panels/Queue";
import Settings from "../src/panels/Settings";
import Templates from "../src/panels/Templates";
import { Icon } from "../src/panels/ui/Icon";
import { ICONS, type IconName } from "../src/panels/ui/icons";
import { Toasts } from "../src/panels/ui/Toasts";
import Workflows from "../src/panels/Workflows";
import { compareWith } from "../src/state/comparison";
import { runs, takeJobs } from "../src/state/runs";
import { saving } from "../src/state/saving";
import { server } from "../src/state/server";
import { settings } from "../src/state/settings";
import { addTab, NO_TAB, openTab, select, tabs, updateTab } from "../src/state/tabs";
import { toast } from "../src/state/ui";
import * as data from "./panels_data";

const query = new URLSearchParams(location.search);
document.documentElement.dataset.theme = query.get("theme") === "light" ? "light" : "dark";
await setLanguage((query.get("language") ?? "en") as Language);
const show = query.get("show") ?? "panels";

const ANSWERS: readonly (readonly [part: string, answer: () => unknown])[] = [
  ["/history", () => ({ revisions: data.REVISIONS })],
  [
    "/api/workflows/",
    () => ({ name: "Portrait", revision: 6, workflow: JSON.parse(writeWorkflow(data.THEIRS)) }),
  ],
  ["/api/workflows", () => ({ workflows: show === "empty" ? [] : data.WORKFLOWS })],
  ["/api/templates", () => ({ templates: show === "empty" ? [] : data.TEMPLATES })],
  ["/api/jobs?", () => ({ jobs: show === "empty" ? [] : data.JOBS, next: "3", counts: {} })],
  ["/api/jobs/", () => ({ workflow: JSON.parse(writeWorkflow(data.THEIRS)) })],
  ["/api/system", () => data.SYSTEM],
  ["/api/plugins", () => ({ plugins: data.PLUGINS })],
  ["/api/models", () => ({ models: data.MODELS })],
  ["/api/cache", () => ({ freed: 5e9 })],
  ["/api/", () => ({})],
];
window.fetch = async (address) => {
  const path = String(address);
  const found = ANSWERS.find(([part]) => path.includes(part));
  return new Response(JSON.stringify(found?.[1]() ?? {}), { status: found ? 200 : 404 });
};

register([
  ...fileActions,
  ...editActions,
  ...graphActions,
  ...viewActions,
  ...runActions,
  ...panelActions,
]);
const pictured = <T extends { thumbnail?: string | null }>(one: T): T => {
  const hue = /^\/thumb\/(\d+)$/.exec(one.thumbnail ?? "")?.[1];
  return hue ? { ...one, thumbnail: data.picture(Number(hue)) } : one;
};
for (const list of [data.WORKFLOWS, data.TEMPLATES, data.MODELS] as object[][])
  list.forEach((one, index) => {
    list[index] = pictured(one as { thumbnail?: string });
  });
server.setState({
  connection: "open",
  catalogue: data.CATALOGUE,
  models: show === "empty" ? [] : data.MODELS,
  plugins: data.PLUGINS,
  system: show === "empty" ? { ...data.SYSTEM, paused: null } : data.SYSTEM,
});
if (show !== "empty") {
  openTab({ workflow: data.MINE, name: "Portrait", title: "Portrait", revision: 5, job: "run-1" });
  takeJobs(data.JOBS);
}
const tab = tabs.getState().active;
updateTab(tab, () => ({ saved: data.WORKFLOW }));
if (show !== "empty") {
  addTab({ ...NO_TAB, id: "draft", title: "Untitled" });
  tabs.setState({ active: tab });
  runs.setState((state) => {
    const jobs = { ...state.jobs };
    const first = jobs["run-1"];
    if (first)
      jobs["run-1"] = {
        ...first,
        nodes: {
          checkpoint: { state: "cached" },
          positive: { state: "ran", seconds: 0.2 },
          negative: { state: "failed", error: "x" },
          sample: { state: "running", done: 12, total: 20 },
        },
        previews: { sample: data.picture(330) },
      };
    return { jobs, older: "3" };
  });
  saving.setState({
    status: { [tab]: "conflict" },
    theirs: { [tab]: { name: "Portrait", revision: 7, workflow: data.THEIRS } },
  });
  select(["sample"]);
}
settings.setState({
  keys: { "view.fit": "Q" },
  history: query.get("look") === "list" ? "list" : "grid",
});
followModel();

const PANELS: Readonly<Record<string, ComponentType>> = {
  queue: Queue,
  history: History,
  workflows: Workflows,
  templates: Templates,
  models: Models,
  outline: Outline,
  settings: Settings,
};
const nothing = () => undefined;
const DIALOGS: Readonly<Record<string, () => React.ReactNode>> = {
  "save-as": () => <SaveAs onClose={nothing} />,
  "close-tab": () => <CloseTab dialog={{ kind: "close-tab", tab: "draft" }} onClose={nothing} />,
  "close-named": () => <CloseTab dialog={{ kind: "close-tab", tab }} onClose={nothing} />,
  conflict: () => <Conflict dialog={{ kind: "conflict", tab }} onClose={nothing} />,
  revisions: () => <Revisions dialog={{ kind: "revisions", name: "Portrait" }} onClose={nothing} />,
  compare: () => <Compare dialog={{ kind: "compare", tab }} onClose={nothing} />,
  commands: () => <CommandPalette onClose={nothing} />,
  shortcuts: () => <Shortcuts onClose={nothing} />,
  "rename-node": () => (
    <RenameNode dialog={{ kind: "rename-node", node: "sample" }} onClose={nothing} />
  ),
};

function Icons() {
  return (
    <div style={{ display: "grid", gridTemplateColumns: "repeat(12, 64px)", gap: 8, padding: 16 }}>
      {(Object.keys(ICONS) as IconName[]).map((name) => (
        <div key={name} style={{ display: "grid", justifyItems: "center", gap: 8, fontSize: 10 }}>
          <span style={{ zoom: 2.5 }}>
            <Icon name={name} />
          </span>
          {name}
        </div>
      ))}
    </div>
  );
}

function Messages() {
  useEffect(() => {
    toast("ok", "The address is copied");
    toast("warn", "Kept in this browser only: the server does not answer");
    toast("error", "Not run: 2 problems to solve first");
    toast("info", "Portrait is deleted", { label: "Undo", run: nothing });
  }, []);
  return <Toasts />;
}

function Page() {
  const [open] = useState(show);
  const one = PANELS[open];
  const names = one ? [open] : Object.keys(PANELS);
  if (open === "icons") return <Icons />;
  if (open === "bar") compareWith(tab, data.THEIRS, "Revision 6");
  return (
    <>
      <div className="stage-of-panels">
        {names.map((name) => {
          const Panel = PANELS[name] as ComponentType;
          return (
            <section key={name} aria-label={name}>
              <div className="dock-body">
                <Panel />
              </div>
            </section>
          );
        })}
        {open === "bar" && (
          <div style={{ flex: 1 }}>
            <CompareBar />
          </div>
        )}
      </div>
      {DIALOGS[open]?.()}
      {open === "toasts" && <Messages />}
    </>
  );
}

const root = document.getElementById("root");
if (root) createRoot(root).render(<Page />);
