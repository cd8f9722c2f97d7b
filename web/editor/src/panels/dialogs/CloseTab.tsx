import { type FormEvent, useId, useState } from "react";
import { useT } from "../../i18n";
import { saveTab, saveTabAs, saving } from "../../state/saving";
import { closeTab, tabById } from "../../state/tabs";
import { type Dialog, openDialog, toast } from "../../state/ui";
import { asName } from "../names";
import { Button } from "../ui/Button";
import { Labelled } from "../ui/Labelled";
import { Modal } from "./Modal";
import { useName } from "./NameDialog";

interface Props {
  readonly dialog: Extract<Dialog, { kind: "close-tab" }>;
  onClose(): void;
}

/** Close a tab whose workflow is not saved: save it first, or let it go. */
export default function CloseTab({ dialog, onClose }: Props) {
  const t = useT();
  const form = useId();
  const tab = tabById(dialog.tab);
  const { name, setName, trouble, refused } = useName(asName(tab?.title ?? ""));
  const [waiting, setWaiting] = useState(false);
  if (!tab) return null;
  const unnamed = tab.name === null;
  const done = () => {
    closeTab(tab.id);
    onClose();
  };
  const saveFirst = async (event: FormEvent) => {
    event.preventDefault();
    setWaiting(true);
    if (!unnamed) {
      if (await saveTab(tab.id)) done();
      else sayWhyNot(tab.id);
    } else
      try {
        await saveTabAs(tab.id, name);
        done();
      } catch (error) {
        refused(error);
      }
    setWaiting(false);
  };
  return (
    <Modal
      title={t("panels.close-tab.title", { name: tab.title })}
      onClose={onClose}
      footer={
        <>
          <Button look="danger" className="modal-foot-first" onClick={done}>
            {t("panels.close-tab.discard")}
          </Button>
          <Button onClick={onClose}>{t("panels.cancel")}</Button>
          <Button
            look="primary"
            type="submit"
            form={form}
            disabled={waiting || (unnamed && trouble !== null)}
          >
            {t("panels.close-tab.save")}
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={(event) => void saveFirst(event)}>
        <p className="modal-text">
          {t(unnamed ? "panels.close-tab.unnamed" : "panels.close-tab.text")}
        </p>
        {unnamed && (
          <Labelled
            label={t("panels.name")}
            value={name}
            error={trouble}
            onFocus={(event) => event.target.select()}
            onChange={(event) => setName(event.target.value)}
          />
        )}
      </form>
    </Modal>
  );
}

function sayWhyNot(id: string): void {
  const { status, message } = saving.getState();
  if (status[id] === "conflict") openDialog({ kind: "conflict", tab: id });
  else toast("error", message[id] ?? "");
}
