import { type FormEvent, useId, useState } from "react";
import { useStore } from "zustand";
import { nameProblem, renameNode, setTitle } from "../../document/commands";
import { subgraphOf } from "../../document/workflow";
import { useT } from "../../i18n";
import { useGraph, useScope, useWorkflow } from "../../state/hooks";
import { server } from "../../state/server";
import { run, sealStep, select } from "../../state/tabs";
import { announce, type Dialog } from "../../state/ui";
import { Button } from "../ui/Button";
import { Labelled } from "../ui/Labelled";
import { Modal } from "./Modal";

interface Props {
  readonly dialog: Extract<Dialog, { kind: "rename-node" }>;
  onClose(): void;
}

/** A node's title, which is for people, and its id, which is for files and programs. */
export default function RenameNode({ dialog, onClose }: Props) {
  const t = useT();
  const form = useId();
  const { node: id } = dialog;
  const workflow = useWorkflow();
  const scope = useScope();
  const node = useGraph().nodes[id];
  const catalogue = useStore(server, (state) => state.catalogue);
  const [title, setText] = useState(node?.title ?? "");
  const [name, setName] = useState(id);
  if (!node) return null;
  const usual = subgraphOf(node.type) ?? catalogue.get(node.type)?.title ?? node.type;
  const problem = name === id ? null : nameProblem(workflow, scope, name);
  const rename = (event: FormEvent) => {
    event.preventDefault();
    if (problem) return;
    sealStep();
    run(setTitle(scope, id, title.trim() || null));
    if (name !== id) {
      run(renameNode(scope, id, name));
      select([name]);
    }
    sealStep();
    announce(t("panels.rename-node.said", { name: title.trim() || usual }));
    onClose();
  };
  return (
    <Modal
      title={t("panels.rename-node.title", { name: node.title ?? usual })}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t("panels.cancel")}</Button>
          <Button look="primary" type="submit" form={form} disabled={problem !== null}>
            {t("panels.rename")}
          </Button>
        </>
      }
    >
      <form id={form} className="modal-form" onSubmit={rename}>
        <Labelled
          label={t("panels.rename-node.label")}
          placeholder={usual}
          value={title}
          hint={t("panels.rename-node.hint")}
          onFocus={(event) => event.target.select()}
          onChange={(event) => setText(event.target.value)}
        />
        <Labelled
          label={t("panels.rename-node.id")}
          value={name}
          hint={t("panels.rename-node.id.hint")}
          error={problem && t(`document.name.${problem}`)}
          onChange={(event) => setName(event.target.value)}
        />
        <button type="submit" className="visually-hidden" tabIndex={-1} aria-hidden="true" />
      </form>
    </Modal>
  );
}
