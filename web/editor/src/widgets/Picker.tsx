/** A searchable list in a popover: long enums, model files, uploads. */

import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";
import { useT } from "../i18n";
import { Icon } from "./icons";
import { matching, neighbour, type Option } from "./matching";
import { Thumbnail } from "./Thumbnail";
import "./picker.css";

export interface PickerOption extends Option {
  readonly detail?: string;
  readonly badge?: string;
  /** At the end of the row, such as a size. */
  readonly end?: string;
  /** null shows a sign in its place; undefined keeps the row low. */
  readonly thumbnail?: string | null;
  readonly problem?: string;
}

interface Props {
  readonly options: readonly PickerOption[];
  readonly current: string | null;
  readonly label: string;
  /** Buttons beside the search. */
  readonly tools?: ReactNode;
  /** In place of the list: that it is loading, that it failed, that it is empty. */
  readonly notice?: string;
  onPick(key: string): void;
}

// More are found by typing.
const SHOWN = 200;
const PAGE = 8;

export function Picker({ options, current, label, tools, notice, onPick }: Props) {
  const t = useT();
  const list = useId();
  const [query, setQuery] = useState("");
  const [active, setActive] = useState(current);
  const rows = useRef<HTMLDivElement>(null);
  const search = useRef<HTMLInputElement>(null);
  const found = matching(options, query);
  const shown = found.slice(0, SHOWN);
  const at = shown.some((one) => one.key === active) ? active : (shown[0]?.key ?? null);

  useEffect(() => {
    // On touch the keyboard would cover the list; whoever wants it taps the field.
    if (!window.matchMedia("(pointer: coarse)").matches) search.current?.focus();
  }, []);
  useEffect(() => {
    if (at !== null)
      rows.current?.querySelector("[data-active]")?.scrollIntoView({ block: "nearest" });
  }, [at]);

  const onKeyDown = (event: KeyboardEvent) => {
    const by = { ArrowDown: 1, ArrowUp: -1, PageDown: PAGE, PageUp: -PAGE }[event.key];
    if (by !== undefined) {
      event.preventDefault();
      setActive(neighbour(shown, at, by));
    } else if (event.key === "Enter" && at !== null) {
      event.preventDefault();
      onPick(at);
    }
  };
  const idOf = (key: string) => `${list}-${options.findIndex((one) => one.key === key)}`;

  return (
    <div className="picker">
      <div className="picker-head">
        <span className="picker-search">
          <Icon name="search" />
          <input
            ref={search}
            className="picker-input"
            type="text"
            role="combobox"
            aria-label={t("widgets.picker.search", { label })}
            aria-expanded="true"
            aria-controls={list}
            aria-autocomplete="list"
            aria-activedescendant={at === null ? undefined : idOf(at)}
            autoComplete="off"
            spellCheck={false}
            placeholder={t("widgets.picker.placeholder")}
            value={query}
            onChange={(event) => {
              setQuery(event.target.value);
              // The best of what is found is what Enter picks.
              setActive(null);
            }}
            onKeyDown={onKeyDown}
          />
        </span>
        {tools}
      </div>
      <div ref={rows} id={list} className="picker-list" role="listbox" aria-label={label}>
        {shown.map((one) => (
          <div
            key={one.key}
            id={idOf(one.key)}
            className="picker-row"
            role="option"
            tabIndex={-1}
            aria-selected={one.key === current}
            data-active={one.key === at || undefined}
            onPointerMove={() => setActive(one.key)}
            // The search keeps the focus.
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => onPick(one.key)}
          >
            <Row option={one} chosen={one.key === current} />
          </div>
        ))}
      </div>
      {(notice || shown.length === 0) && (
        <p className="picker-notice" role="status">
          {notice ?? t(query ? "widgets.picker.nothing" : "widgets.picker.empty")}
        </p>
      )}
      {found.length > SHOWN && (
        <p className="picker-notice">{t("widgets.picker.more", { count: found.length - SHOWN })}</p>
      )}
    </div>
  );
}

function Row({ option, chosen }: { readonly option: PickerOption; readonly chosen: boolean }) {
  return (
    <>
      {option.thumbnail !== undefined && (
        <Thumbnail src={option.thumbnail} className="picker-thumbnail" icon="file" />
      )}
      <span className="picker-text">
        <span className="picker-label" title={option.label}>
          {option.label}
        </span>
        {(option.problem ?? option.detail) && (
          <span className="picker-detail" data-problem={option.problem !== undefined || undefined}>
            {option.problem ?? option.detail}
          </span>
        )}
      </span>
      {option.badge && <span className="picker-badge">{option.badge}</span>}
      {option.end && <span className="picker-end">{option.end}</span>}
      <span className="picker-check">{chosen && <Icon name="check" />}</span>
    </>
  );
}
