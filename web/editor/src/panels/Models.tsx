/** The model files of the server, by folder. */

import { useState } from "react";
import { useStore } from "zustand";
import type { ModelView } from "../api/types";
import { middle } from "../canvas/camera";
import { addNodeAt } from "../canvas/dropping";
import { setValue } from "../document/commands";
import { graphIn } from "../document/workflow";
import { t, useT } from "../i18n";
import { loadModels } from "../state/connect";
import { server } from "../state/server";
import { activeTab, run, scopeOf, sealStep } from "../state/tabs";
import { announce, toast } from "../state/ui";
import { attempt } from "./attempt";
import { bytesText } from "./format";
import { ranked } from "./fuzzy";
import { placesFor } from "./model_use";
import { Badge } from "./ui/Badge";
import { Button } from "./ui/Button";
import { EmptyState } from "./ui/EmptyState";
import { Icon } from "./ui/Icon";
import { IconButton } from "./ui/IconButton";
import { SearchField } from "./ui/SearchField";
import { Thumb } from "./ui/Thumb";
import "./panel.css";
import "./models.css";

export default function Models() {
  const t = useT();
  const models = useStore(server, (state) => state.models);
  const [query, setQuery] = useState("");
  const [reading, setReading] = useState(false);
  const words = (one: ModelView) => `${one.name} ${one.title ?? ""} ${one.folder}`;
  const found = ranked(query, models, words).map(({ one }) => one);
  const folders = [...new Set(found.map((one) => one.folder))];
  const read = async () => {
    setReading(true);
    await attempt(loadModels);
    setReading(false);
  };
  return (
    <div className="panel">
      <div className="panel-head">
        <SearchField label={t("panels.models.search")} value={query} onChange={setQuery} />
        <IconButton
          icon="retry"
          label={t("panels.models.read")}
          disabled={reading}
          onClick={() => void read()}
        />
      </div>
      {found.length === 0 && (
        <EmptyState
          icon="models"
          text={t(query ? "panels.nothing" : "panels.models.empty")}
          {...(query ? {} : { hint: t("panels.models.empty.hint") })}
        />
      )}
      {folders.map((folder) => (
        <Folder key={folder} name={folder} files={found.filter((one) => one.folder === folder)} />
      ))}
    </div>
  );
}

function Folder({ name, files }: { readonly name: string; readonly files: readonly ModelView[] }) {
  return (
    <section aria-label={name}>
      <h3 className="panel-section">
        {name}
        <span className="panel-section-count">{files.length}</span>
      </h3>
      <ul className="panel-list">
        {files.map((one) => (
          <Model key={one.name} model={one} />
        ))}
      </ul>
    </section>
  );
}

function Model({ model }: { readonly model: ModelView }) {
  const t = useT();
  const { name, title, bytes, thumbnail, error } = model;
  const label = labelOf(name);
  return (
    <li className="panel-row models-row">
      <Thumb src={thumbnail} icon="models" />
      <span className="panel-row-text">
        <span className="panel-row-title" title={name}>
          {label}
        </span>
        <span className="panel-row-sub">
          {bytes ? <span className="models-size">{bytesText(bytes)}</span> : null}
          {title && <Badge>{title}</Badge>}
        </span>
        {error && (
          <span className="models-error" title={error}>
            <Icon name="error" /> {error}
          </span>
        )}
      </span>
      <Button
        aria-label={t("panels.models.use.name", { name: label })}
        onClick={() => putToUse(model)}
      >
        {t("panels.models.use")}
      </Button>
    </li>
  );
}

/** A file's own name, without what all of them end with. */
function labelOf(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1).replace(/\.(safetensors|sft)$/, "");
}

/** Give the chosen loaders the file, or add one that has it. */
function putToUse({ folder, name }: ModelView): void {
  const tab = activeTab();
  const scope = scopeOf(tab?.path ?? []);
  const graph = tab && graphIn(tab.history.present, scope);
  if (!graph) return;
  const { catalogue } = server.getState();
  const { set, add } = placesFor(catalogue, graph, tab.selection, folder);
  for (const { node, input } of set) run(setValue(scope, node, input, name));
  if (set.length > 0) {
    sealStep();
    announce(t("panels.models.said.set", { name: labelOf(name), count: set.length }));
  } else if (add) addNodeAt(add.type, middle(), { [add.input]: name });
  else toast("warn", t("panels.models.none", { folder }));
}
