/** The search for a node to add: it opens at the pointer, and the keyboard does all of it. */

import {
  type CSSProperties,
  type KeyboardEvent,
  useEffect,
  useId,
  useMemo,
  useRef,
  useState,
} from "react";
import { useStore } from "zustand";
import { focusCanvas } from "../canvas/focus";
import { useT } from "../i18n";
import { useSelection, useWorkflow } from "../state/hooks";
import { server } from "../state/server";
import { settings } from "../state/settings";
import { type Search, ui } from "../state/ui";
import { KindMark } from "./KindMark";
import { addEntry } from "./search/adding";
import { type Entry, entriesFor, keyOf, MOST } from "./search/entries";
import { NodeHelp } from "./search/NodeHelp";
import { Option } from "./search/Option";
import { boxAt } from "./search/placing";
import { Button } from "./ui/Button";
import { EmptyState } from "./ui/EmptyState";
import { Icon } from "./ui/Icon";
import { IconButton } from "./ui/IconButton";
import "./node_search.css";

export function NodeSearch() {
  const search = useStore(ui, (state) => state.search);
  return search ? <Box key={`${search.screen.x} ${search.screen.y}`} search={search} /> : null;
}

function close(): void {
  ui.setState({ search: null });
}

const PAGE = 8;

function Box({ search }: { readonly search: Search }) {
  const t = useT();
  const id = useId();
  const box = useRef<HTMLDivElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const more = useRef<HTMLElement>(null);
  const [query, setQuery] = useState("");
  const [active, setActive] = useState(0);
  const [help, setHelp] = useState(false);
  const [all, setAll] = useState(false);
  const link = all ? undefined : search.link;
  const entries = useEntries(query, link);
  const shown = Math.min(active, entries.length - 1);
  const chosen = entries[shown];
  const option = (index: number) => `${id}-${index}`;
  useEffect(() => input.current?.focus(), []);
  useEffect(() => {
    const outside = (event: Event) => {
      if (!event.composedPath().includes(box.current as HTMLElement)) close();
    };
    window.addEventListener("pointerdown", outside, true);
    return () => window.removeEventListener("pointerdown", outside, true);
  }, []);
  useEffect(() => {
    document.getElementById(`${id}-${shown}`)?.scrollIntoView({ block: "nearest" });
  }, [id, shown]);
  const choose = (entry: Entry | undefined) => {
    if (!entry) return;
    close();
    addEntry(entry, all ? { at: search.at } : search);
  };
  const leave = () => {
    close();
    focusCanvas();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const last = entries.length - 1;
    const to = {
      ArrowDown: shown === last ? 0 : shown + 1,
      ArrowUp: shown <= 0 ? last : shown - 1,
      PageDown: Math.min(last, shown + PAGE),
      PageUp: Math.max(0, shown - PAGE),
      Home: 0,
      End: last,
    }[event.key];
    if (to !== undefined) setActive(to);
    else if (event.key === "Enter") choose(chosen);
    else if (event.key === "Tab" && help) more.current?.focus();
    else if (event.key === "Tab") setHelp(true);
    else if (event.key === "Escape" && help) setHelp(false);
    else if (event.key === "Escape") leave();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  // Arrows scroll it; what leads out of it leads back to the text field.
  const onHelpKey = (event: KeyboardEvent) => {
    if (event.key !== "Tab" && event.key !== "Escape" && event.key !== "Enter") return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === "Enter") choose(chosen);
    else input.current?.focus();
    if (event.key === "Escape") setHelp(false);
  };
  const onQuery = (text: string) => {
    setQuery(text);
    setActive(0);
  };
  return (
    <div
      ref={box}
      className="node-search"
      role="dialog"
      aria-label={t("search.add")}
      style={placeStyle(search.screen)}
    >
      <div className="node-search-head">
        <Icon name="search" />
        <input
          ref={input}
          className="node-search-input"
          role="combobox"
          aria-label={t("search.add")}
          aria-expanded={entries.length > 0}
          aria-controls={entries.length > 0 ? `${id}-list` : undefined}
          aria-activedescendant={chosen ? option(shown) : undefined}
          aria-autocomplete="list"
          placeholder={t("search.add")}
          autoComplete="off"
          spellCheck={false}
          value={query}
          onChange={(event) => onQuery(event.target.value)}
          onKeyDown={onKeyDown}
        />
        <IconButton
          className="node-search-close"
          icon="close"
          label={t("search.close")}
          onClick={leave}
        />
      </div>
      {link && <Fitting link={link} onAll={() => setAll(true)} />}
      {entries.length > 0 ? (
        <div
          id={`${id}-list`}
          className="node-search-list"
          role="listbox"
          aria-label={t("search.found")}
          // The text field keeps the focus.
          onMouseDown={(event) => event.preventDefault()}
        >
          <Options {...{ entries, shown, option }} onPoint={setActive} onChoose={choose} />
        </div>
      ) : (
        <Nothing query={query} link={link} onAll={() => setAll(true)} />
      )}
      {help && chosen && (
        <section
          ref={more}
          className="node-search-more"
          aria-label={t("search.help")}
          aria-live="polite"
          tabIndex={0}
          onKeyDown={onHelpKey}
        >
          {"extra" in chosen ? (
            <p>{t(`search.${chosen.extra}.help`)}</p>
          ) : (
            <NodeHelp type={chosen.type} />
          )}
        </section>
      )}
      <Foot entries={entries} help={help} onHelp={() => setHelp(!help)} />
    </div>
  );
}

/** On a phone the style sheet has it cover the page instead. */
function placeStyle(screen: Search["screen"]): CSSProperties {
  const at = boxAt(screen, { width: window.innerWidth, height: window.innerHeight });
  return {
    "--search-x": `${at.x}px`,
    "--search-y": `${at.y}px`,
    "--search-width": `${at.width}px`,
    "--search-height": `${at.height}px`,
  } as CSSProperties;
}

function useEntries(query: string, link: Search["link"]): readonly Entry[] {
  const t = useT();
  const catalogue = useStore(server, (state) => state.catalogue);
  const usage = useStore(settings, (state) => state.usage);
  const workflow = useWorkflow();
  const grouping = useSelection().size > 0;
  return useMemo(
    () =>
      entriesFor(query, {
        catalogue,
        workflow,
        usage,
        ...(link ? { link } : {}),
        extras: [
          ["note", t("canvas.note")],
          ...(grouping ? [["group", t("canvas.group.title")] as const] : []),
        ],
      }),
    [query, link, catalogue, workflow, usage, grouping, t],
  );
}

interface OptionsProps {
  readonly entries: readonly Entry[];
  readonly shown: number;
  option(index: number): string;
  onPoint(index: number): void;
  onChoose(entry: Entry): void;
}

function Options({ entries, shown, option, onPoint, onChoose }: OptionsProps) {
  const catalogue = useStore(server, (state) => state.catalogue);
  const workflow = useWorkflow();
  return entries.map((entry, index) => (
    <Option
      key={keyOf(entry)}
      id={option(index)}
      entry={entry}
      active={index === shown}
      catalogue={catalogue}
      workflow={workflow}
      onPoint={() => onPoint(index)}
      onChoose={() => onChoose(entry)}
    />
  ));
}

function Fitting(props: { readonly link: NonNullable<Search["link"]>; onAll(): void }) {
  const t = useT();
  const { kind, side } = props.link;
  return (
    <p className="node-search-fitting">
      <KindMark kind={kind} />
      <span>{t(side === "out" ? "search.takes" : "search.gives", { kind })}</span>
      <button type="button" className="node-search-all" onClick={props.onAll}>
        {t("search.all")}
      </button>
    </p>
  );
}

function Nothing(props: { readonly query: string; readonly link: Search["link"]; onAll(): void }) {
  const t = useT();
  const { query, link, onAll } = props;
  const text = query.trim() === "" ? t("search.none.fits") : t("search.none", { query });
  return (
    <EmptyState icon="search" text={text} hint={t(link ? "search.none.link" : "search.none.hint")}>
      {link && <Button onClick={onAll}>{t("search.all")}</Button>}
    </EmptyState>
  );
}

function Foot(props: {
  readonly entries: readonly Entry[];
  readonly help: boolean;
  onHelp(): void;
}) {
  const t = useT();
  const { entries, help, onHelp } = props;
  const count = entries.length;
  return (
    <div className="node-search-foot">
      <span role="status">
        {count > MOST ? t("search.many", { count: MOST }) : t("search.count", { count })}
      </span>
      <span className="node-search-keys" aria-hidden="true">
        {t("search.keys")}
      </span>
      <button
        type="button"
        className="node-search-all"
        tabIndex={-1}
        aria-pressed={help}
        onMouseDown={(event) => event.preventDefault()}
        onClick={onHelp}
      >
        {t("search.help.key")}
      </button>
    </div>
  );
}
