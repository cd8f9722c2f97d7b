/** Above the canvas while a subgraph is shown: the way in, its name, and what it takes and gives. */

import { useState } from "react";
import { useStore } from "zustand";
import { perform } from "../app/actions";
import type { Catalogue } from "../document/catalogue";
import { exposedInputs } from "../document/exposed";
import { kindsIn } from "../document/sockets";
import { isRefusal, renameSubgraph, subgraphNameRefusal } from "../document/subgraphs";
import { parseLink, type Workflow } from "../document/workflow";
import { type MessageKey, t as say, useT } from "../i18n";
import { useTab } from "../state/hooks";
import { server } from "../state/server";
import { activeTab, enterSubgraph, leaveTo, run, scopeOf } from "../state/tabs";
import { KindMark } from "./KindMark";
import { NameField } from "./NameField";
import { Button } from "./ui/Button";
import { Icon } from "./ui/Icon";
import { IconButton } from "./ui/IconButton";
import "./subgraph_bar.css";

export function SubgraphBar() {
  const t = useT();
  const tab = useTab();
  const catalogue = useStore(server, (state) => state.catalogue);
  const name = scopeOf(tab.path);
  if (name === null) return null;
  const workflow = tab.history.present;
  const { inputs, outputs } = exposed(workflow, name, catalogue);
  const crumbs = [tab.title, ...tab.path.slice(0, -1)];
  return (
    <div className="subgraph-bar">
      <nav className="subgraph-bar-way" aria-label={t("search.bar.way")}>
        <ol>
          {crumbs.map((one, depth) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the depth is what a crumb is
            <li key={depth}>
              <button type="button" className="subgraph-bar-crumb" onClick={() => leaveTo(depth)}>
                {one}
              </button>
              <Icon name="chevron-right" />
            </li>
          ))}
          <li aria-current="page">
            <Name key={name} name={name} workflow={workflow} />
          </li>
        </ol>
      </nav>
      <Sockets label={t("search.bar.inputs")} none={t("search.bar.no-inputs")} list={inputs} />
      <Sockets label={t("search.bar.outputs")} none={t("search.bar.no-outputs")} list={outputs} />
      <Button look="quiet" icon="arrow-up" onClick={() => perform("graph.leave")}>
        {t("search.bar.leave")}
      </Button>
    </div>
  );
}

interface Shown {
  readonly name: string;
  readonly kind: string;
}

function exposed(workflow: Workflow, name: string, catalogue: Catalogue) {
  const kinds = kindsIn(workflow, name, catalogue);
  const kindOf = (text: string) => {
    const from = parseLink(text);
    return (from && kinds.output(from.node, from.socket)) ?? "any";
  };
  const outputs = Object.entries(workflow.subgraphs[name]?.outputs ?? {});
  return {
    inputs: exposedInputs(workflow, name, catalogue),
    outputs: outputs.map(([output, from]): Shown => ({ name: output, kind: kindOf(from) })),
  };
}

function Sockets(props: {
  readonly label: string;
  readonly none: string;
  readonly list: readonly Shown[];
}) {
  const { label, none, list } = props;
  return (
    <div className="subgraph-bar-sockets">
      <span className="subgraph-bar-label">{label}</span>
      {list.length === 0 && <span className="subgraph-bar-none">{none}</span>}
      <ul aria-label={label}>
        {list.map((one) => (
          <li key={one.name} title={`${one.name} · ${one.kind}`}>
            <KindMark kind={one.kind} /> {one.name}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Name({ name, workflow }: { readonly name: string; readonly workflow: Workflow }) {
  const t = useT();
  const [editing, setEditing] = useState(false);
  if (editing)
    return (
      <NameField
        focused
        label={t("subgraph.name")}
        value={name}
        check={(to) => whyNot(workflow, to)}
        onRename={(to) => rename(name, to)}
        onEnd={() => setEditing(false)}
      />
    );
  return (
    <>
      <strong className="subgraph-bar-name">{name}</strong>
      <IconButton
        small
        icon="pencil"
        label={t("search.bar.rename", { name })}
        onClick={() => setEditing(true)}
      />
    </>
  );
}

function whyNot(workflow: Workflow, name: string): string | null {
  const refusal = subgraphNameRefusal(workflow, name);
  if (!refusal) return null;
  return say(`document.refused.${refusal.refused}` as MessageKey, { about: refusal.about ?? "" });
}

/** Rename the subgraph that is shown, and stay in it. */
function rename(name: string, to: string): void {
  const tab = activeTab();
  if (!tab) return;
  const command = renameSubgraph(tab.history.present, name, to, server.getState().catalogue);
  if (isRefusal(command)) return;
  run(command);
  if (scopeOf(activeTab()?.path ?? []) !== to) enterSubgraph(to, tab.uses.at(-1) ?? null);
}
