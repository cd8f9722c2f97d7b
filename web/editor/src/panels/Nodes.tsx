/** All node types there are, docked beside the canvas. */

import { useMemo, useState } from "react";
import { useStore } from "zustand";
import type { PluginView } from "../api/types";
import { middle } from "../canvas/camera";
import { addNodeAt } from "../canvas/dropping";
import { searchNodes } from "../document/search";
import { EMPTY } from "../document/workflow";
import { useT } from "../i18n";
import { useWorkflow } from "../state/hooks";
import { server } from "../state/server";
import { settings } from "../state/settings";
import { NodeTree } from "./nodes/NodeTree";
import { type By, flatRows, type Row, treeRows } from "./nodes/rows";
import { freePlace } from "./search/adding";
import { NodeHelp } from "./search/NodeHelp";
import { Button } from "./ui/Button";
import { EmptyState } from "./ui/EmptyState";
import { Icon } from "./ui/Icon";
import { SearchField } from "./ui/SearchField";
import { Segments } from "./ui/Segments";
import "./panel.css";
import "./nodes.css";

export default function Nodes() {
  const t = useT();
  const [query, setQuery] = useState("");
  const [by, setBy] = useState<By>("group");
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const [current, setCurrent] = useState<string | null>(null);
  const rows = useRows(query, by, closed);
  const fold = (group: string, open: boolean) =>
    setClosed((old) => new Set(open ? [...old].filter((one) => one !== group) : [...old, group]));
  const chosen = rows.find((one) => one.key === current);
  return (
    <div className="panel">
      <div className="panel-head nodes-head">
        <SearchField label={t("search.nodes.search")} value={query} onChange={setQuery} />
        <Segments<By>
          label={t("search.nodes.by")}
          options={[
            { id: "group", label: t("search.nodes.by.group"), icon: "folder" },
            { id: "plugin", label: t("search.nodes.by.plugin"), icon: "plug" },
          ]}
          value={by}
          onChange={setBy}
        />
      </div>
      {rows.length > 0 ? (
        <NodeTree rows={rows} current={current} onCurrent={setCurrent} onFold={fold} onAdd={add} />
      ) : (
        <EmptyState icon="search" text={t("search.none", { query })} hint={t("search.none.hint")} />
      )}
      <Failed />
      {chosen && "hit" in chosen && <Chosen type={chosen.hit.type} title={chosen.hit.title} />}
    </div>
  );
}

function add(type: string): void {
  addNodeAt(type, freePlace(middle()));
}

function useRows(query: string, by: By, closed: ReadonlySet<string>): readonly Row[] {
  const catalogue = useStore(server, (state) => state.catalogue);
  const usage = useStore(settings, (state) => state.usage);
  const { subgraphs } = useWorkflow();
  return useMemo(() => {
    const hits = searchNodes(catalogue, query, { usage, workflow: { ...EMPTY, subgraphs } });
    return query.trim() === "" ? treeRows(hits, by, closed) : flatRows(hits);
  }, [query, by, closed, catalogue, usage, subgraphs]);
}

/** What the row under the keyboard does, and a button for hands. */
function Chosen({ type, title }: { readonly type: string; readonly title: string }) {
  const t = useT();
  return (
    <section className="nodes-chosen" aria-label={title}>
      <div className="nodes-chosen-head">
        <span className="nodes-chosen-name">
          <strong>{title}</strong> <span>{type}</span>
        </span>
        <Button icon="plus" onClick={() => add(type)}>
          {t("search.nodes.add")}
        </Button>
      </div>
      <NodeHelp type={type} />
    </section>
  );
}

/** Plugins that are installed and could not be loaded: their nodes are missing above. */
function Failed() {
  const t = useT();
  const plugins = useStore(server, (state) => state.plugins);
  const failed = plugins.filter((one) => one.state === "failed");
  if (failed.length === 0) return null;
  return (
    <section aria-label={t("search.nodes.failed")}>
      <h3 className="panel-section">
        {t("search.nodes.failed")}
        <span className="panel-section-count">{failed.length}</span>
      </h3>
      <ul className="panel-list">
        {failed.map((one) => (
          <FailedPlugin key={`${one.distribution} ${one.name}`} plugin={one} />
        ))}
      </ul>
    </section>
  );
}

function FailedPlugin({ plugin }: { readonly plugin: PluginView }) {
  const t = useT();
  const { name, distribution, version, error } = plugin;
  return (
    <li className="nodes-failed">
      <p className="nodes-failed-name">
        <Icon name="warning" /> {name}
        <span>{version ? `${distribution} ${version}` : distribution}</span>
      </p>
      {error && (
        <details>
          <summary>{t("search.nodes.why")}</summary>
          <pre tabIndex={0}>{error}</pre>
        </details>
      )}
    </li>
  );
}
