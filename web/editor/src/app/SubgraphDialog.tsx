/** Asks what a new subgraph is called, and makes it of the selection. */

import { useId, useState } from "react";
import { freeId } from "../document/commands";
import { freeSubgraph, isRefusal, makeSubgraph } from "../document/subgraphs";
import { EMPTY, graphIn, type Scope, type Workflow } from "../document/workflow";
import { type MessageKey, useT } from "../i18n";
import { Modal } from "../panels/dialogs/Modal";
import { Button } from "../panels/ui/Button";
import { Labelled } from "../panels/ui/Labelled";
import { activeTab, run, scopeOf, select } from "../state/tabs";

export default function SubgraphDialog({ onClose }: { onClose(): void }) {
  const t = useT();
  const form = useId();
  const tab = activeTab();
  const [name, setName] = useState(() =>
    freeSubgraph(tab?.history.present ?? EMPTY, t("subgraph.default")),
  );
  const [refused, setRefused] = useState("");
  const make = () => {
    if (!tab) return;
    const scope = scopeOf(tab.path);
    const id = idOfUse(tab.history.present, scope, name);
    const command = makeSubgraph(tab.history.present, scope, tab.selection, name, { id });
    if (isRefusal(command)) {
      const key = `document.refused.${command.refused}` as MessageKey;
      setRefused(t(key, { about: command.about ?? "" }));
      return;
    }
    run(command);
    select([id]);
    onClose();
  };
  return (
    <Modal
      title={t("action.graph.subgraph")}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t("panels.cancel")}</Button>
          <Button look="primary" type="submit" form={form}>
            {t("subgraph.make")}
          </Button>
        </>
      }
    >
      <form
        id={form}
        onSubmit={(event) => {
          event.preventDefault();
          make();
        }}
      >
        <Labelled
          label={t("subgraph.name")}
          value={name}
          error={refused}
          onFocus={(event) => event.target.select()}
          onChange={(event) => setName(event.target.value)}
        />
      </form>
    </Modal>
  );
}

/** An id for the first use of a subgraph: its name, as ids are written. */
function idOfUse(workflow: Workflow, scope: Scope, name: string): string {
  const graph = graphIn(workflow, scope) ?? EMPTY;
  const base = name
    .trim()
    .toLowerCase()
    .replace(/[\s./:]+/g, "_");
  return freeId(graph, base || "subgraph");
}
