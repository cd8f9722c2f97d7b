/** The page. */

import { lazy, Suspense } from "react";
import { useStore } from "zustand";
import Canvas from "../canvas/Canvas";
import { ContextMenu } from "../canvas/ContextMenu";
import { useT } from "../i18n";
import { CompareBar } from "../panels/CompareBar";
import { NodeSearch } from "../panels/NodeSearch";
import { SubgraphBar } from "../panels/SubgraphBar";
import { Toasts } from "../panels/ui/Toasts";
import { tabs } from "../state/tabs";
import { ui } from "../state/ui";
import { Dialogs } from "./Dialogs";
import { LeftDock, Rail, RightDock } from "./Docks";
import { ErrorBoundary } from "./ErrorBoundary";
import { StatusLine } from "./StatusLine";
import { TopBar } from "./TopBar";
import "./app.css";

const FormView = lazy(() => import("../panels/FormView"));

export function App() {
  const t = useT();
  const form = useStore(ui, (state) => state.form);
  const tab = useStore(tabs, (state) => state.active);
  const said = useStore(ui, (state) => state.said);
  return (
    <div className="app">
      <a className="skip" href="#canvas">
        {t("shell.skip")}
      </a>
      <TopBar />
      <div className="app-middle">
        <Rail />
        <LeftDock />
        <main className="stage" id="canvas">
          <ErrorBoundary key={form ? "form" : "canvas"} of={tab}>
            {form ? (
              <Suspense fallback={<p className="dock-loading">{t("shell.loading")}</p>}>
                <FormView />
              </Suspense>
            ) : (
              <>
                <CompareBar />
                <SubgraphBar />
                <Canvas />
              </>
            )}
          </ErrorBoundary>
        </main>
        <RightDock />
      </div>
      <StatusLine />
      <NodeSearch />
      <ContextMenu />
      <Dialogs />
      <Toasts />
      <div className="visually-hidden" role="status" aria-live="polite">
        {said}
      </div>
    </div>
  );
}
