/** The shown workflow beside an earlier version of it. */

import { useEffect, useId, useState } from "react";
import { useStore } from "zustand";
import { fetchRevisions, fetchWorkflow } from "../../api/client";
import type { Revision } from "../../api/types";
import { centreOn } from "../../canvas/camera";
import type { Scope, Workflow } from "../../document/workflow";
import { useT } from "../../i18n";
import { compareWith, comparison } from "../../state/comparison";
import {
  activateTab,
  enterSubgraph,
  isUnsaved,
  leaveTo,
  select,
  type Tab,
  tabs,
} from "../../state/tabs";
import { type Dialog, ui } from "../../state/ui";
import { momentText, reasonOf } from "../format";
import { Button } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { Spinner } from "../ui/Spinner";
import { Changes } from "./Changes";
import { Modal } from "./Modal";

interface Props {
  readonly dialog: Extract<Dialog, { kind: "compare" }>;
  onClose(): void;
}

interface Version {
  readonly label: string;
  readonly workflow: Workflow;
}

export default function Compare({ dialog, onClose }: Props) {
  const t = useT();
  const tab = useStore(tabs, (state) => state.tabs.find((one) => one.id === dialog.tab));
  const marked = useStore(comparison);
  const shown =
    marked.before !== null && marked.tab === dialog.tab
      ? { label: marked.label, workflow: marked.before }
      : null;
  const revisions = useRevisions(tab?.name ?? null);
  const [chosen, setChosen] = useState<number | null>(dialog.revision ?? null);
  const revision = chosen ?? (shown ? null : usualRevision(tab, revisions));
  const { version, trouble } = useVersion(tab?.name ?? null, revision, shown);
  if (!tab) return null;
  const present = tab.history.present;
  const mark = () => {
    if (version) compareWith(tab.id, version.workflow, version.label);
    activateTab(tab.id);
    ui.setState({ form: false });
    onClose();
  };
  const show = (scope: Scope, id: string) => {
    mark();
    leaveTo(0);
    if (scope !== null) enterSubgraph(scope);
    select([id]);
    requestAnimationFrame(() => centreOn([id]));
  };
  return (
    <Modal
      title={t("panels.compare.title", { name: tab.title })}
      size="medium"
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t("panels.close")}</Button>
          <Button look="primary" icon="compare" disabled={!version} onClick={mark}>
            {t("panels.compare.mark")}
          </Button>
        </>
      }
    >
      {(revisions.length > 0 || shown) && (
        <Choice
          revisions={revisions}
          revision={revision}
          shown={shown?.label ?? null}
          onChoose={setChosen}
        />
      )}
      {version ? (
        <Changes before={version.workflow} after={present} onShow={show} />
      ) : tab.name === null && !shown ? (
        <EmptyState icon="compare" text={t("panels.compare.none")} />
      ) : trouble ? (
        <EmptyState icon="error" text={trouble} />
      ) : (
        <Spinner label={t("panels.loading")} />
      )}
    </Modal>
  );
}

/** The newest where something is unsaved, else the one before it. */
function usualRevision(tab: Tab | undefined, revisions: readonly Revision[]): number | null {
  const [newest, before] = revisions;
  return (tab && isUnsaved(tab) ? newest : (before ?? newest))?.revision ?? null;
}

function useRevisions(name: string | null): readonly Revision[] {
  const [revisions, setRevisions] = useState<readonly Revision[]>([]);
  useEffect(() => {
    if (name === null) return;
    let wanted = true;
    fetchRevisions(name).then(
      (found) => wanted && setRevisions(found),
      () => undefined,
    );
    return () => {
      wanted = false;
    };
  }, [name]);
  return revisions;
}

/** The version to compare with: a revision, or the one that the canvas is compared with already. */
function useVersion(name: string | null, revision: number | null, shown: Version | null) {
  const t = useT();
  const [read, setRead] = useState<{ revision: number; workflow: Workflow } | null>(null);
  const [trouble, setTrouble] = useState<string | null>(null);
  useEffect(() => {
    if (name === null || revision === null) return;
    let wanted = true;
    setTrouble(null);
    fetchWorkflow(name, revision).then(
      ({ workflow }) => wanted && setRead({ revision, workflow }),
      (error: unknown) => wanted && setTrouble(reasonOf(error)),
    );
    return () => {
      wanted = false;
    };
  }, [name, revision]);
  const version =
    revision === null
      ? shown
      : read?.revision === revision
        ? { label: t("panels.revision", { revision }), workflow: read.workflow }
        : null;
  return { version, trouble };
}

interface ChoiceProps {
  readonly revisions: readonly Revision[];
  readonly revision: number | null;
  readonly shown: string | null;
  onChoose(revision: number | null): void;
}

const SHOWN = "shown";

function Choice({ revisions, revision, shown, onChoose }: ChoiceProps) {
  const t = useT();
  const id = useId();
  const now = Date.now() / 1000;
  return (
    <p className="compare-choice">
      <label htmlFor={id}>{t("panels.compare.with")}</label>
      <select
        id={id}
        className="text-input"
        value={revision ?? SHOWN}
        onChange={(event) => {
          const { value } = event.target;
          onChoose(value === SHOWN ? null : Number(value));
        }}
      >
        {shown !== null && <option value={SHOWN}>{shown}</option>}
        {revisions.map((one) => (
          <option key={one.revision} value={one.revision}>
            {t("panels.revision", { revision: one.revision })} · {momentText(one.saved, now)}
            {one.message ? ` · ${one.message}` : ""}
          </option>
        ))}
      </select>
    </p>
  );
}
