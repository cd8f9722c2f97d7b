/** Search, inspector, form, notes and the bar of subgraphs with made-up data. Not part of the build. */

import { createRoot } from "react-dom/client";
import { App } from "../src/app/App";
import { register } from "../src/app/actions";
import {
  editActions,
  fileActions,
  graphActions,
  runActions,
  viewActions,
} from "../src/app/graph_actions";
import { followKeys } from "../src/app/keys";
import { followModel } from "../src/canvas/model";
import { writeWorkflow } from "../src/document/canonical";
import { EMPTY } from "../src/document/workflow";
import { type Language, setLanguage } from "../src/i18n";
import { panelActions } from "../src/panels/actions";
import { forecast } from "../src/state/forecast";
import { refusals } from "../src/state/running";
import { runs, takeJobs } from "../src/state/runs";
import { server } from "../src/state/server";
import { settings } from "../src/state/settings";
import { activeTab, enterSubgraph, openTab, select, tabs, updateTab } from "../src/state/tabs";
import { ui } from "../src/state/ui";
import { BROKEN, CATALOGUE, job, PLUGINS, picture, WORKFLOW } from "./search_data";

const query = new URLSearchParams(location.search);
document.documentElement.dataset.theme = query.get("theme") === "light" ? "light" : "dark";
await setLanguage((query.get("language") ?? "en") as Language);
const show = query.get("show") ?? "node";

window.fetch = async () =>
  new Response(JSON.stringify({ choices: ["starter-unet.safetensors"], y: [14, 6, 3, 1, 0] }));
settings.setState({ usage: { "latent.decode": 5, "text.encode": 3 } });
register([
  ...fileActions,
  ...editActions,
  ...graphActions,
  ...viewActions,
  ...runActions,
  ...panelActions,
]);
server.setState({ connection: "open", catalogue: CATALOGUE, plugins: PLUGINS });

const broken = ["problems", "invalid", "missing"].includes(show);
const workflow = show === "form-empty" ? EMPTY : broken ? BROKEN : WORKFLOW;
openTab({ workflow, title: "Text to image", job: broken || show === "form-empty" ? null : "1" });
const tab = tabs.getState().active;
takeJobs(["1", "2", "3", "4", "5"].map((id, index) => job(id, index * 7, [index * 50 + 10])));
const at = { x: 900, y: 500 };

function running(): void {
  runs.setState(({ jobs, ...rest }) => {
    const one = jobs["1"];
    if (!one) return { jobs, ...rest };
    const nodes = { ...one.nodes, sample: { state: "running", done: 12, total: 20 } as const };
    const now = { ...one.job, state: "running" as const, outputs: [] };
    return { jobs: { ...jobs, "1": { job: now, nodes, previews: { sample: picture(200, 64) } } } };
  });
}

function failed(): void {
  takeJobs([
    {
      ...job("1", 1, []),
      state: "failed",
      error: {
        kind: "node",
        node: "sample",
        message: "guidance above 1 needs a negative prompt, and none is linked",
        traceback:
          'Traceback (most recent call last):\n  File "weft_nodes/nodes/latent_sampling.py", line 80, in sample\n    raise ValueError(message)\nValueError: guidance above 1 needs a negative prompt',
      },
    },
  ]);
}

const SHOWS: Readonly<Record<string, () => void>> = {
  search: () => ui.setState({ search: { at, screen: { x: 500, y: 260 } } }),
  link: () =>
    ui.setState({
      search: {
        at,
        screen: { x: 1300, y: 800 },
        link: { from: { node: "decode", socket: "image" }, side: "out", kind: "image" },
      },
    }),
  nodes: () => ui.setState({ panel: "nodes" }),
  node: () => {
    select(["sample"]);
    ui.setState({ inspector: true });
  },
  output: () => {
    select(["save"]);
    ui.setState({ inspector: true });
  },
  use: () => {
    select(["finish"]);
    ui.setState({ inspector: true });
  },
  running: () => {
    running();
    select(["sample"]);
    ui.setState({ inspector: true });
  },
  failed: () => {
    failed();
    select(["sample"]);
    ui.setState({ inspector: true });
  },
  invalid: () => {
    select(["sample"]);
    ui.setState({ inspector: true });
  },
  missing: () => {
    select(["upscale"]);
    ui.setState({ inspector: true });
  },
  several: () => {
    select(["sample", "decode", "positive"]);
    ui.setState({ inspector: true });
  },
  workflow: () => ui.setState({ inspector: true }),
  problems: () => ui.setState({ inspector: true }),
  subgraph: () => {
    enterSubgraph("finish", "finish");
    ui.setState({ inspector: true });
  },
  inner: () => {
    enterSubgraph("finish", "finish");
    select(["resize"]);
    ui.setState({ inspector: true });
  },
  form: () => ui.setState({ form: true }),
  "form-empty": () => ui.setState({ form: true }),
  "form-running": () => {
    running();
    ui.setState({ form: true });
  },
  "form-failed": () => {
    failed();
    ui.setState({ form: true });
  },
  "form-several": () => {
    takeJobs([job("1", 0, [10, 120, 200, 300])]);
    ui.setState({ form: true });
  },
  notes: () => undefined,
};

followModel();
followKeys();
const nodes = {
  sample: { action: "run", reason: "value changed" },
  checkpoint: { action: "cached", tier: "device" },
  save: { action: "run", reason: "output" },
} as const;
forecast.setState({ of: workflow, plan: { run: 2, cached: 1, unneeded: 0, nodes } });
refusals.setState({ byTab: {} });
updateTab(tab, () => ({ saved: workflow }));
SHOWS[show]?.();
// For scripts that drive this page.
Object.assign(window, {
  shown: activeTab,
  text: () => writeWorkflow(activeTab()?.history.present ?? EMPTY),
});
const root = document.getElementById("root");
if (root) createRoot(root).render(<App />);
