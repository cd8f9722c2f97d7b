/** Everything by its name: actions, open and saved workflows, templates. */

import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { useStore } from "zustand";
import { useT } from "../../i18n";
import { library, loadTemplates, loadWorkflows } from "../../state/library";
import { type Found, findOffers, offers } from "../palette";
import { Icon } from "../ui/Icon";
import { Keys } from "../ui/Keys";
import { Modal } from "./Modal";
import "./palette.css";

const PAGE = 8;

export default function CommandPalette({ onClose }: { onClose(): void }) {
  const t = useT();
  const list = useId();
  const rows = useRef<HTMLDivElement>(null);
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const { workflows, templates } = useStore(library);
  useEffect(() => {
    void loadWorkflows().catch(() => undefined);
    void loadTemplates().catch(() => undefined);
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: they are read from the library
  const all = useMemo(offers, [workflows, templates]);
  const found = useMemo(() => findOffers(query, all), [query, all]);
  const current = Math.min(at, found.length - 1);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another row is the current one then
  useEffect(() => {
    rows.current?.querySelector("[data-active]")?.scrollIntoView({ block: "nearest" });
  }, [current, found]);
  const choose = (one: Found | undefined) => {
    if (!one) return;
    // The focus is back on the page before the action moves it.
    flushSync(onClose);
    one.offer.run();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const by = { ArrowDown: 1, ArrowUp: -1, PageDown: PAGE, PageUp: -PAGE }[event.key];
    if (by !== undefined) {
      event.preventDefault();
      const last = found.length - 1;
      // A step past an end goes round; a page stops there.
      const to = current + by;
      if (Math.abs(by) === 1) setAt((to + found.length) % Math.max(1, found.length));
      else setAt(Math.min(last, Math.max(0, to)));
    } else if (event.key === "Enter") {
      event.preventDefault();
      choose(found[current]);
    }
  };
  return (
    <Modal title={t("panels.palette")} size="medium" bare onClose={onClose}>
      <div className="palette-head">
        <Icon name="search" />
        <input
          className="palette-input"
          type="text"
          role="combobox"
          aria-label={t("panels.palette.search")}
          placeholder={t("panels.palette.search")}
          aria-expanded="true"
          aria-controls={list}
          aria-autocomplete="list"
          aria-activedescendant={found.length > 0 ? `${list}-${current}` : undefined}
          autoComplete="off"
          spellCheck={false}
          value={query}
          onChange={(event) => {
            setQuery(event.target.value);
            setAt(0);
          }}
          onKeyDown={onKeyDown}
        />
      </div>
      <div
        ref={rows}
        id={list}
        className="palette-list"
        role="listbox"
        aria-label={t("panels.palette")}
      >
        {found.map((one, index) => (
          <div
            key={one.offer.key}
            id={`${list}-${index}`}
            role="option"
            className="palette-row"
            tabIndex={-1}
            aria-selected={index === current}
            data-active={index === current || undefined}
            onPointerMove={() => setAt(index)}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => choose(one)}
          >
            <Icon name={one.offer.icon} />
            <Title found={one} />
            {one.offer.kind !== "action" && (
              <span className="palette-kind">{t(`panels.palette.${one.offer.kind}`)}</span>
            )}
            {one.offer.chord && <Keys chord={one.offer.chord} />}
          </div>
        ))}
      </div>
      <p className={found.length === 0 ? "palette-none" : "visually-hidden"} role="status">
        {found.length === 0
          ? t("panels.nothing")
          : t("panels.palette.found", { count: found.length })}
      </p>
    </Modal>
  );
}

/** The title, with what matched in bold. */
function Title({ found: { offer, at } }: { readonly found: Found }) {
  if (at.size === 0) return <span className="palette-title">{offer.title}</span>;
  return (
    <span className="palette-title">
      {[...runs(offer.title, at)].map(({ text, from, matched }) =>
        matched ? <b key={from}>{text}</b> : <span key={from}>{text}</span>,
      )}
    </span>
  );
}

/** A text cut into pieces that match and pieces that do not. */
function* runs(text: string, at: ReadonlySet<number>) {
  let from = 0;
  for (let end = 1; end <= text.length; end++) {
    if (end < text.length && at.has(end) === at.has(from)) continue;
    yield { from, text: text.slice(from, end), matched: at.has(from) };
    from = end;
  }
}
