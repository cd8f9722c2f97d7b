/** Somebody else saved the same workflow: what each side changed, and what becomes of it. */

import { type ReactNode, useEffect, useMemo, useState } from "react";
import { useStore } from "zustand";
import { fetchRevisions } from "../../api/client";
import type { Revision } from "../../api/types";
import { mergeThree } from "../../document/merge";
import { useT } from "../../i18n";
import { saveOver, saveTab, saving, takeTheirs } from "../../state/saving";
import { tabs } from "../../state/tabs";
import { announce, type Dialog, toast } from "../../state/ui";
import { momentText } from "../format";
import { Button } from "../ui/Button";
import { Tabs } from "../ui/Tabs";
import { Changes } from "./Changes";
import { ConflictChoices, type Side } from "./ConflictChoices";
import { Modal } from "./Modal";
import "./conflict.css";

interface Props {
  readonly dialog: Extract<Dialog, { kind: "conflict" }>;
  onClose(): void;
}

type Way = "merge" | "theirs" | "mine";

export default function Conflict({ dialog, onClose }: Props) {
  const t = useT();
  const { tab: id } = dialog;
  const tab = useStore(tabs, (state) => state.tabs.find((one) => one.id === id));
  const theirs = useStore(saving, (state) => state.theirs[id]);
  const [way, setWay] = useState<Way | null>(null);
  const [seen, setSeen] = useState<Side>("theirs");
  const [choices, setChoices] = useState<Readonly<Record<string, Side>>>({});
  const [busy, setBusy] = useState(false);
  const mine = tab?.history.present;
  // What both began from; a tab that lost it can only choose a side.
  const base = tab?.saved ?? null;
  const merge = useMemo(
    () =>
      base && mine && theirs
        ? mergeThree(base, mine, theirs.workflow, (path) => choices[path] ?? "mine")
        : null,
    [base, mine, theirs, choices],
  );
  if (!tab?.name || !mine || !theirs) return null;
  const { name } = tab;
  const open = merge?.conflicts.filter((one) => choices[one.path] === undefined).length ?? 0;
  const ready = way !== null && !(way === "merge" && open > 0);

  const resolve = async () => {
    setBusy(true);
    const done = await resolved(id, way, merge?.merged);
    setBusy(false);
    if (!done) return;
    announce(t("panels.conflict.said", { name }));
    onClose();
  };

  return (
    <Modal
      title={t("panels.conflict.title", { name })}
      size="medium"
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t("panels.conflict.later")}</Button>
          <Button look="primary" disabled={!ready || busy} onClick={() => void resolve()}>
            {t("panels.conflict.do")}
          </Button>
        </>
      }
    >
      <Meanwhile name={name} began={tab.revision} newest={theirs.revision} />
      {base && (
        <div className="conflict-sides">
          <Tabs<Side>
            label={t("panels.conflict.changes")}
            tabs={[
              { id: "theirs", label: t("panels.conflict.by.theirs") },
              { id: "mine", label: t("panels.conflict.by.mine") },
            ]}
            value={seen}
            onChange={setSeen}
          >
            <div className="conflict-changes" tabIndex={0}>
              <Changes before={base} after={seen === "mine" ? mine : theirs.workflow} />
            </div>
          </Tabs>
        </div>
      )}
      <fieldset className="conflict-ways">
        <legend className="visually-hidden">{t("panels.conflict.ways")}</legend>
        {merge && (
          <WayOption way="merge" chosen={way} onChoose={setWay}>
            {way === "merge" && merge.conflicts.length > 0 && (
              <ConflictChoices
                conflicts={merge.conflicts}
                choices={choices}
                versions={[mine, theirs.workflow]}
                onChoose={(path, side) => setChoices({ ...choices, [path]: side })}
              />
            )}
          </WayOption>
        )}
        <WayOption way="theirs" chosen={way} onChoose={setWay} />
        <WayOption way="mine" chosen={way} onChoose={setWay} />
      </fieldset>
    </Modal>
  );
}

/** Do what was chosen. False where the server had something against it. */
async function resolved(
  id: string,
  way: Way | null,
  merged: Parameters<typeof takeTheirs>[1],
): Promise<boolean> {
  if (way === "theirs") {
    takeTheirs(id);
    return true;
  }
  if (way === "merge") takeTheirs(id, merged);
  if (way === "mine" ? await saveOver(id) : await saveTab(id)) return true;
  const { status, message } = saving.getState();
  // They saved again: the dialog shows that now.
  if (status[id] !== "conflict" && message[id]) toast("error", message[id]);
  return false;
}

interface WayProps {
  readonly way: Way;
  readonly chosen: Way | null;
  readonly children?: ReactNode;
  onChoose(way: Way): void;
}

function WayOption({ way, chosen, children, onChoose }: WayProps) {
  const t = useT();
  return (
    <div className="conflict-way">
      <label className="conflict-way-label">
        <input
          type="radio"
          name="conflict-way"
          checked={chosen === way}
          onChange={() => onChoose(way)}
        />
        <span>
          <span className="conflict-way-title">{t(`panels.conflict.${way}`)}</span>
          <span className="conflict-way-hint">{t(`panels.conflict.${way}.hint`)}</span>
        </span>
      </label>
      {children}
    </div>
  );
}

interface MeanwhileProps {
  readonly name: string;
  readonly began: number;
  readonly newest: number;
}

/** Which revisions came in between, and when. */
function Meanwhile({ name, began, newest }: MeanwhileProps) {
  const t = useT();
  const [revisions, setRevisions] = useState<readonly Revision[]>([]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: read anew when they saved again
  useEffect(() => {
    fetchRevisions(name).then(setRevisions, () => undefined);
  }, [name, newest]);
  const now = Date.now() / 1000;
  const between = revisions.filter((one) => one.revision > began);
  return (
    <>
      <p className="modal-text">{t("panels.conflict.text", { began, newest })}</p>
      {between.length > 0 && (
        <ul className="conflict-revisions">
          {between.map((one) => (
            <li key={one.revision}>
              {t("panels.revision", { revision: one.revision })} · {momentText(one.saved, now)}
              {one.message ? ` · ${one.message}` : ""}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
