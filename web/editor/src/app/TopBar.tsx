/** The top of the page: the open workflows, whether they are saved, and Run. */

import { useEffect, useRef } from "react";
import { useStore } from "zustand";
import { useT } from "../i18n";
import { Icon } from "../panels/ui/Icon";
import { IconButton } from "../panels/ui/IconButton";
import { useTab } from "../state/hooks";
import { useShownJob } from "../state/node_runs";
import { isActive, runs } from "../state/runs";
import { saving } from "../state/saving";
import { activateTab, isUnsaved, type Tab, tabs } from "../state/tabs";
import { openDialog, ui } from "../state/ui";
import { perform } from "./actions";

export function TopBar() {
  const t = useT();
  const form = useStore(ui, (state) => state.form);
  const undoable = useTab().history.past.length > 0;
  return (
    <header className="topbar">
      <span className="topbar-logo" aria-hidden="true">
        <Icon name="logo" />
      </span>
      <TabStrip />
      <SaveState />
      {/* Shown where there may be no keyboard. */}
      <IconButton
        className="topbar-undo"
        icon="undo"
        label={t("action.edit.undo")}
        action="edit.undo"
        disabled={!undoable}
        onClick={() => perform("edit.undo")}
      />
      <div className="topbar-views" role="group" aria-label={t("shell.view")}>
        <button
          type="button"
          className="segment"
          aria-pressed={!form}
          onClick={() => ui.setState({ form: false })}
        >
          <Icon name="workflows" /> <span>{t("shell.editor")}</span>
        </button>
        <button
          type="button"
          className="segment"
          aria-pressed={form}
          onClick={() => ui.setState({ form: true })}
        >
          <Icon name="form" /> <span>{t("shell.form")}</span>
        </button>
      </div>
      {/* The form has its own. */}
      {!form && <RunButton />}
    </header>
  );
}

function TabStrip() {
  const t = useT();
  const { tabs: open, active } = useStore(tabs);
  return (
    <nav className="tabs" aria-label={t("shell.tabs")}>
      {open.map((one) => (
        <TabButton key={one.id} tab={one} active={one.id === active} />
      ))}
      <IconButton icon="plus" label={t("shell.tab.new")} onClick={() => perform("file.new")} />
    </nav>
  );
}

function TabButton({ tab, active }: { tab: Tab; active: boolean }) {
  const t = useT();
  const unsaved = isUnsaved(tab);
  const close = () => {
    activateTab(tab.id);
    perform("file.close");
  };
  const self = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    if (active) self.current?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [active]);
  return (
    <span ref={self} className={active ? "tab is-active" : "tab"}>
      <button
        type="button"
        className="tab-name"
        aria-current={active ? "page" : undefined}
        aria-label={unsaved ? t("shell.tab.unsaved", { name: tab.title }) : tab.title}
        title={tab.title}
        onClick={() => activateTab(tab.id)}
        onAuxClick={(event) => event.button === 1 && close()}
      >
        <span className="tab-title">{tab.title}</span>
        {unsaved && <span className="tab-dot" aria-hidden="true" />}
      </button>
      <button
        type="button"
        className="tab-close"
        aria-label={t("shell.tab.close", { name: tab.title })}
        onClick={close}
      >
        <Icon name="close" />
      </button>
    </span>
  );
}

function SaveState() {
  const t = useT();
  const tab = useTab();
  const status = useStore(saving, (state) => state.status[tab.id]);
  const reason = useStore(saving, (state) => state.message[tab.id]) ?? "";
  if (tab.id === "") return null;
  if (status === "conflict")
    return (
      <button
        type="button"
        className="save-state is-warn"
        onClick={() => openDialog({ kind: "conflict", tab: tab.id })}
      >
        <Icon name="warning" />{" "}
        <span>
          {t("shell.save.conflict")} · {t("shell.save.resolve")}
        </span>
      </button>
    );
  const text =
    status === "failed"
      ? t("shell.save.failed", { reason })
      : status === "offline" || status === "saving"
        ? t(`shell.save.${status}`)
        : t(
            tab.name === null
              ? "shell.save.draft"
              : isUnsaved(tab)
                ? "shell.save.unsaved"
                : "shell.save.saved",
          );
  return (
    <button
      type="button"
      className={status === "failed" || status === "offline" ? "save-state is-warn" : "save-state"}
      title={text}
      onClick={() => perform(tab.name === null ? "file.saveAs" : "file.save")}
    >
      <Icon name="save" /> <span>{text}</span>
    </button>
  );
}

function RunButton() {
  const t = useT();
  const run = useShownJob();
  const counts = useStore(runs, (state) => state.counts);
  const active = run !== undefined && isActive(run.job);
  const waiting = counts.queued ?? 0;
  return (
    <div className="run">
      {waiting > 0 && (
        <button type="button" className="run-queue" onClick={() => ui.setState({ panel: "queue" })}>
          {t("shell.queued", { count: waiting })}
        </button>
      )}
      {active && (
        <button type="button" className="button run-cancel" onClick={() => perform("run.cancel")}>
          <Icon name="stop" /> <span>{t("shell.cancel")}</span>
        </button>
      )}
      <button
        type="button"
        className="button is-primary run-button"
        onClick={() => perform("run.all")}
      >
        <Icon name="run" /> <span>{t("shell.run")}</span>
      </button>
    </div>
  );
}
