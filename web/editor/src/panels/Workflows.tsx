/** The workflows that are saved on the server. */

import { useEffect, useState } from "react";
import { useStore } from "zustand";
import { useShallow } from "zustand/react/shallow";
import type { WorkflowView } from "../api/types";
import { perform } from "../app/actions";
import { useT } from "../i18n";
import { library, loadWorkflows } from "../state/library";
import { activateTab, isUnsaved, tabs } from "../state/tabs";
import { openDialog } from "../state/ui";
import { attempt } from "./attempt";
import { Confirm, type Question } from "./dialogs/Confirm";
import { NameDialog } from "./dialogs/NameDialog";
import { fullMoment, momentText } from "./format";
import { ranked } from "./fuzzy";
import { Button } from "./ui/Button";
import { EmptyState } from "./ui/EmptyState";
import { IconButton } from "./ui/IconButton";
import { Menu } from "./ui/Menu";
import { SearchField } from "./ui/SearchField";
import { Spinner } from "./ui/Spinner";
import { Thumb } from "./ui/Thumb";
import { useNow } from "./useNow";
import { duplicate, open, remove, rename } from "./workflows";
import "./panel.css";
import "./workflows.css";

const SETTLE = 300;

export default function Workflows() {
  const t = useT();
  const [query, setQuery] = useState("");
  const [asked, setAsked] = useState<Question | null>(null);
  const [renamed, setRenamed] = useState<WorkflowView | null>(null);
  const workflows = useStore(library, (state) => state.workflows);
  useFreshList();
  const found = ranked(query, workflows ?? [], (one) => one.name).map(({ one }) => one);
  const askToDelete = (one: WorkflowView) =>
    setAsked({
      title: t("panels.workflows.delete.title", { name: one.name }),
      text: t("panels.workflows.delete.text", { count: one.revision }),
      does: t("panels.delete"),
      run: () => void remove(one),
    });
  return (
    <div className="panel">
      <div className="panel-head">
        <SearchField label={t("panels.workflows.search")} value={query} onChange={setQuery} />
        <IconButton
          icon="folder"
          label={t("action.file.open")}
          action="file.open"
          onClick={() => perform("file.open")}
        />
        <IconButton
          icon="plus"
          label={t("action.file.new")}
          action="file.new"
          onClick={() => perform("file.new")}
        />
      </div>
      {query === "" && <Drafts />}
      {workflows === null && <Spinner label={t("panels.loading")} />}
      {workflows !== null && found.length === 0 && (
        <EmptyState
          icon="workflows"
          text={t(query ? "panels.nothing" : "panels.workflows.empty")}
          {...(query ? {} : { hint: t("panels.workflows.empty.hint") })}
        />
      )}
      {found.length > 0 && (
        <ul className="panel-list workflows-list">
          {found.map((one) => (
            <Row
              key={one.name}
              workflow={one}
              onRename={() => setRenamed(one)}
              onDelete={() => askToDelete(one)}
            />
          ))}
        </ul>
      )}
      {asked && <Confirm question={asked} onClose={() => setAsked(null)} />}
      {renamed && (
        <NameDialog
          title={t("panels.workflows.rename")}
          initial={renamed.name}
          does={t("panels.rename")}
          onName={(name) => rename(renamed.name, name)}
          onClose={() => setRenamed(null)}
        />
      )}
    </div>
  );
}

/** Read the list now, and again when something was saved here. */
function useFreshList(): void {
  const saved = useStore(tabs, (state) =>
    state.tabs.map((one) => `${one.name ?? ""}@${one.revision}`).join("\n"),
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was saved is why it is read
  useEffect(() => {
    const first = library.getState().workflows === null;
    const timer = window.setTimeout(() => void attempt(loadWorkflows), first ? 0 : SETTLE);
    return () => clearTimeout(timer);
  }, [saved]);
}

/** What is open and was never saved under a name. */
function Drafts() {
  const t = useT();
  const drafts = useStore(
    tabs,
    useShallow((state) => state.tabs.filter((one) => one.name === null)),
  );
  const active = useStore(tabs, (state) => state.active);
  if (drafts.length === 0) return null;
  return (
    <section aria-label={t("panels.workflows.drafts")}>
      <h3 className="panel-section">{t("panels.workflows.drafts")}</h3>
      <ul className="panel-list">
        {drafts.map((one) => (
          <li key={one.id} className="panel-row workflows-draft">
            <button
              type="button"
              className="panel-row-main"
              aria-current={one.id === active || undefined}
              onClick={() => activateTab(one.id)}
            >
              <span className="panel-row-title">{one.title}</span>
            </button>
            <Button
              look="quiet"
              onClick={() => {
                activateTab(one.id);
                openDialog({ kind: "save-as" });
              }}
            >
              {t("panels.action.save-as")}
            </Button>
          </li>
        ))}
      </ul>
      <h3 className="panel-section">{t("panels.workflows.saved")}</h3>
    </section>
  );
}

interface RowProps {
  readonly workflow: WorkflowView;
  onRename(): void;
  onDelete(): void;
}

function Row({ workflow, onRename, onDelete }: RowProps) {
  const t = useT();
  const now = useNow(60_000);
  const { name, nodes, saved, thumbnail } = workflow;
  const tab = useStore(tabs, (state) => state.tabs.find((one) => one.name === name));
  const active = useStore(tabs, (state) => tab !== undefined && state.active === tab.id);
  return (
    <li className="panel-row" data-active={active || undefined}>
      <button
        type="button"
        className="panel-row-main"
        aria-current={active || undefined}
        onClick={() => void open(name)}
      >
        <Thumb src={thumbnail} icon="workflows" />
        <span className="panel-row-text">
          <span className="workflows-name" title={name}>
            <span className="panel-row-title">{name}</span>
            {tab && isUnsaved(tab) && (
              <span className="workflows-unsaved" title={t("panels.workflows.unsaved")}>
                <span className="visually-hidden">{t("panels.workflows.unsaved")}</span>
              </span>
            )}
          </span>
          <span className="panel-row-sub">
            <span title={fullMoment(saved)}>
              {t("panels.nodes", { count: nodes })} · {momentText(saved, now)}
            </span>
          </span>
        </span>
      </button>
      <Menu
        small
        label={t("panels.more", { name })}
        items={[
          { label: t("panels.open"), icon: "external", run: () => void open(name) },
          { label: t("panels.rename.more"), icon: "pencil", run: onRename },
          { label: t("panels.duplicate"), icon: "copy", run: () => void duplicate(name) },
          {
            label: t("panels.action.revisions"),
            icon: "history",
            run: () => openDialog({ kind: "revisions", name }),
          },
          "-",
          { label: t("panels.delete.more"), icon: "trash", danger: true, run: onDelete },
        ]}
      />
    </li>
  );
}
