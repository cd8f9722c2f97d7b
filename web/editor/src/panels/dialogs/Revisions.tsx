/** Everything a workflow was saved as. */

import { useEffect, useState } from "react";
import { fetchRevisions } from "../../api/client";
import type { Revision } from "../../api/types";
import { useT } from "../../i18n";
import { openSaved, openTabOf } from "../../state/saving";
import { type Dialog, openDialog } from "../../state/ui";
import { attempt } from "../attempt";
import { bytesText, fullMoment, momentText, reasonOf } from "../format";
import { Badge } from "../ui/Badge";
import { Button } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { Spinner } from "../ui/Spinner";
import { openRevision, restoreRevision } from "../workflows";
import { Modal } from "./Modal";
import "./revisions.css";

interface Props {
  readonly dialog: Extract<Dialog, { kind: "revisions" }>;
  onClose(): void;
}

export default function Revisions({ dialog, onClose }: Props) {
  const t = useT();
  const { name } = dialog;
  const [revisions, setRevisions] = useState<readonly Revision[] | null>(null);
  const [trouble, setTrouble] = useState<string | null>(null);
  useEffect(() => {
    fetchRevisions(name).then(setRevisions, (error: unknown) => setTrouble(reasonOf(error)));
  }, [name]);
  const compare = async (revision: number) => {
    if (!(await attempt(() => openSaved(name)))) return;
    const tab = openTabOf(name);
    if (tab) openDialog({ kind: "compare", tab: tab.id, revision });
  };
  return (
    <Modal title={t("panels.revisions.title", { name })} size="medium" onClose={onClose}>
      {trouble && <EmptyState icon="error" text={trouble} />}
      {!trouble && revisions === null && <Spinner label={t("panels.loading")} />}
      <ol className="revisions">
        {revisions?.map((one, index) => (
          <Row
            key={one.revision}
            revision={one}
            newest={index === 0}
            onOpen={() => {
              onClose();
              void openRevision(name, one.revision);
            }}
            onCompare={() => void compare(one.revision)}
            onRestore={() => {
              onClose();
              void restoreRevision(name, one.revision);
            }}
          />
        ))}
      </ol>
    </Modal>
  );
}

interface RowProps {
  readonly revision: Revision;
  readonly newest: boolean;
  onOpen(): void;
  onCompare(): void;
  onRestore(): void;
}

function Row({ revision: one, newest, onOpen, onCompare, onRestore }: RowProps) {
  const t = useT();
  const { revision, saved, nodes, bytes, message } = one;
  const named = { name: t("panels.revision", { revision }) };
  return (
    <li className="revision">
      <div className="revision-text">
        <span className="revision-title">
          {named.name}
          {newest && <Badge tone="accent">{t("panels.revision.newest")}</Badge>}
        </span>
        {message && <span>{message}</span>}
        <span className="revision-facts">
          <span title={fullMoment(saved)}>{momentText(saved, Date.now() / 1000)}</span>
          <span>{t("panels.nodes", { count: nodes })}</span>
          <span>{bytesText(bytes)}</span>
        </span>
      </div>
      <div className="revision-buttons">
        <Button aria-label={t("panels.revision.open", named)} onClick={onOpen}>
          {t("panels.open")}
        </Button>
        <Button aria-label={t("panels.revision.compare", named)} onClick={onCompare}>
          {t("panels.compare")}
        </Button>
        {!newest && (
          <Button aria-label={t("panels.revision.restore.name", named)} onClick={onRestore}>
            {t("panels.revision.restore")}
          </Button>
        )}
      </div>
    </li>
  );
}
