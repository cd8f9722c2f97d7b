/** The rail at the left, and the panels that open beside the canvas. */

import { type ComponentType, type CSSProperties, lazy, type PointerEvent, Suspense } from "react";
import { useStore } from "zustand";
import { track } from "../canvas/tracking";
import { useT } from "../i18n";
import { IconButton } from "../panels/ui/IconButton";
import type { IconName } from "../panels/ui/icons";
import { settings } from "../state/settings";
import { type Panel, togglePanel, ui } from "../state/ui";
import { ErrorBoundary } from "./ErrorBoundary";

const PANELS: Readonly<Record<Panel, ComponentType>> = {
  nodes: lazy(() => import("../panels/Nodes")),
  workflows: lazy(() => import("../panels/Workflows")),
  templates: lazy(() => import("../panels/Templates")),
  queue: lazy(() => import("../panels/Queue")),
  history: lazy(() => import("../panels/History")),
  models: lazy(() => import("../panels/Models")),
  outline: lazy(() => import("../panels/Outline")),
  settings: lazy(() => import("../panels/Settings")),
};
const Inspector = lazy(() => import("../panels/Inspector"));
const TOP: readonly Panel[] = [
  "nodes",
  "workflows",
  "templates",
  "queue",
  "history",
  "models",
  "outline",
];
const ICONS: Readonly<Record<Panel, IconName>> = {
  nodes: "plus",
  workflows: "workflows",
  templates: "templates",
  queue: "queue",
  history: "history",
  models: "models",
  outline: "outline",
  settings: "settings",
};

export function Rail() {
  const t = useT();
  const open = useStore(ui, (state) => state.panel);
  const button = (panel: Panel) => (
    <IconButton
      key={panel}
      icon={ICONS[panel]}
      label={t(`shell.panel.${panel}`)}
      pressed={open === panel}
      onClick={() => togglePanel(panel)}
    />
  );
  return (
    <nav className="rail" aria-label={t("shell.rail")}>
      {TOP.map(button)}
      <span className="rail-space" />
      {button("settings")}
    </nav>
  );
}

export function LeftDock() {
  const t = useT();
  const panel = useStore(ui, (state) => state.panel);
  const width = useStore(settings, (state) => state.panelWidth);
  if (!panel) return null;
  const Content = PANELS[panel];
  return (
    <aside className="dock is-left" style={dockWidth(width)} aria-label={t(`shell.panel.${panel}`)}>
      <DockHead title={t(`shell.panel.${panel}`)} onClose={() => ui.setState({ panel: null })} />
      <DockBody key={panel}>
        <Content />
      </DockBody>
      <DockEdge
        side="left"
        width={width}
        onResize={(panelWidth) => settings.setState({ panelWidth })}
      />
    </aside>
  );
}

export function RightDock() {
  const t = useT();
  const open = useStore(ui, (state) => state.inspector && !state.form);
  const width = useStore(settings, (state) => state.inspectorWidth);
  if (!open) return null;
  return (
    <aside className="dock is-right" style={dockWidth(width)} aria-label={t("shell.inspector")}>
      <DockEdge
        side="right"
        width={width}
        onResize={(inspectorWidth) => settings.setState({ inspectorWidth })}
      />
      <DockHead title={t("shell.inspector")} onClose={() => ui.setState({ inspector: false })} />
      <DockBody>
        <Inspector />
      </DockBody>
    </aside>
  );
}

function DockHead({ title, onClose }: { title: string; onClose(): void }) {
  const t = useT();
  return (
    <div className="dock-head">
      <h2>{title}</h2>
      <IconButton icon="close" label={t("shell.panel.close")} onClick={onClose} />
    </div>
  );
}

function DockBody({ children }: { children: React.ReactNode }) {
  const t = useT();
  return (
    <div className="dock-body">
      <ErrorBoundary>
        <Suspense fallback={<p className="dock-loading">{t("shell.loading")}</p>}>
          {children}
        </Suspense>
      </ErrorBoundary>
    </div>
  );
}

function dockWidth(width: number): CSSProperties {
  return { "--dock-width": `${width}px` } as CSSProperties;
}

const LEAST = 220;
const MOST = 560;

function DockEdge(props: { side: "left" | "right"; width: number; onResize(width: number): void }) {
  const t = useT();
  const { side, width, onResize } = props;
  const sized = (wanted: number) => onResize(Math.round(Math.min(MOST, Math.max(LEAST, wanted))));
  const begin = (down: PointerEvent<HTMLDivElement>) =>
    track(down, (moved) => sized(width + (side === "left" ? moved : -moved)));
  return (
    <div
      className="dock-edge"
      role="separator"
      aria-orientation="vertical"
      aria-label={t("shell.resize")}
      aria-valuenow={width}
      aria-valuemin={LEAST}
      aria-valuemax={MOST}
      tabIndex={0}
      onPointerDown={begin}
      onKeyDown={(event) => {
        const step = { ArrowLeft: -20, ArrowRight: 20 }[event.key];
        if (step !== undefined) sized(width + (side === "left" ? step : -step));
      }}
    />
  );
}
