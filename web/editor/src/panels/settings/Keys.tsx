/** Every action with its keys, and giving it others. */

import { useState } from "react";
import { useStore } from "zustand";
import { type Action, actions } from "../../app/actions";
import { useT } from "../../i18n";
import { settings } from "../../state/settings";
import { ranked } from "../fuzzy";
import { chordsNow, clashes } from "../keybinding";
import { Button } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { SearchField } from "../ui/SearchField";
import { KeyRow } from "./KeyRow";

const GROUPS: readonly Action["group"][] = ["file", "edit", "graph", "run", "view"];

export function KeySettings() {
  const t = useT();
  const keys = useStore(settings, (state) => state.keys);
  const [query, setQuery] = useState("");
  const all = actions();
  const twice = clashes(all, keys);
  const words = (one: Action) => `${t(one.label)} ${chordsNow(one, keys).join(" ")}`;
  const found = ranked(query, all, words).map(({ one }) => one);
  return (
    <>
      <div className="panel-head">
        <SearchField label={t("settings.keys.search")} value={query} onChange={setQuery} />
        <Button
          disabled={Object.keys(keys).length === 0}
          onClick={() => settings.setState({ keys: {} })}
        >
          {t("settings.keys.reset")}
        </Button>
      </div>
      {twice.size > 0 && (
        <p className="panel-note is-warn" role="status">
          {t("settings.keys.clashes", { count: twice.size })}
        </p>
      )}
      {found.length === 0 && <EmptyState icon="keyboard" text={t("panels.nothing")} />}
      {GROUPS.map((group) => {
        const own = found.filter((one) => one.group === group);
        return own.length === 0 ? null : (
          <section key={group} aria-label={t(`settings.group.${group}`)}>
            <h3 className="panel-section">{t(`settings.group.${group}`)}</h3>
            <ul className="panel-list">
              {own.map((one) => (
                <KeyRow key={one.id} action={one} all={all} keys={keys} twice={twice} />
              ))}
            </ul>
          </section>
        );
      })}
    </>
  );
}
