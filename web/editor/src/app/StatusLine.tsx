/** The bottom of the page: what is chosen, what is wrong, what a run would do, the connection. */

import { useStore } from "zustand";
import { model } from "../canvas/model";
import { useT } from "../i18n";
import { useProblems } from "../panels/problems";
import { forecast } from "../state/forecast";
import { useSelection, useTab, useWorkflow } from "../state/hooks";
import { server } from "../state/server";
import { scopeOf, viewportOf } from "../state/tabs";
import { ui } from "../state/ui";

export function StatusLine() {
  const t = useT();
  const count = useStore(model, (state) => state.cards.size);
  const selected = useSelection().size;
  const problems = useProblems();
  const workflow = useWorkflow();
  const { of, plan } = useStore(forecast);
  const connection = useStore(server, (state) => state.connection);
  const paused = useStore(server, (state) => state.system?.paused);
  const tab = useTab();
  const form = useStore(ui, (state) => state.form);
  const zoom = viewportOf(tab, scopeOf(tab.path))?.zoom;
  return (
    <footer className="status">
      <span>{t("shell.status.nodes", { count })}</span>
      {selected > 0 && <span>{t("shell.status.selected", { count: selected })}</span>}
      {problems.length > 0 && (
        <button
          type="button"
          className="status-problems"
          onClick={() => ui.setState({ inspector: true })}
        >
          {t("shell.status.problems", { count: problems.length })}
        </button>
      )}
      {plan && of === workflow && (
        <span>{t("shell.status.forecast", { run: plan.run, cached: plan.cached })}</span>
      )}
      <span className="status-space" />
      {paused && <span className="status-warn">{t("shell.status.paused")}</span>}
      {zoom !== undefined && !form && (
        <span className="status-zoom">
          {t("shell.status.zoom", { percent: Math.round(zoom * 100) })}
        </span>
      )}
      <span className={connection === "lost" ? "status-warn" : ""}>
        {t(`shell.status.${connection}`)}
      </span>
    </footer>
  );
}
