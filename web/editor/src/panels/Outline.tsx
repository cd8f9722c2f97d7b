/** The nodes of the shown graph as a tree: from what it ends with to what that comes from. */

import { type KeyboardEvent, useMemo, useRef, useState } from "react";
import { useStore } from "zustand";
import { centreOn } from "../canvas/camera";
import { type Card, model } from "../canvas/model";
import { useT } from "../i18n";
import { useSelection } from "../state/hooks";
import { select } from "../state/tabs";
import { ranked } from "./fuzzy";
import { OutlineRow } from "./OutlineRow";
import { type Branch, outlineOf } from "./outline_tree";
import { EmptyState } from "./ui/EmptyState";
import { SearchField } from "./ui/SearchField";
import { useWindow } from "./useWindow";
import "./panel.css";
import "./outline.css";

const ROW = 28;
const ROW_ON_TOUCH = 44;

export default function Outline() {
  const t = useT();
  const graph = useStore(model, (state) => state.graph);
  const cards = useStore(model, (state) => state.cards);
  const [query, setQuery] = useState("");
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const tree = useMemo(() => outlineOf(graph, folded), [graph, folded]);
  const rows = query === "" ? tree : foundIn(cards, query);
  const fold = (id: string, close: boolean) =>
    setFolded((old) => {
      const next = new Set(old);
      if (close) next.add(id);
      else next.delete(id);
      return next;
    });
  return (
    <div className="panel">
      <div className="panel-head">
        <SearchField label={t("panels.outline.search")} value={query} onChange={setQuery} />
      </div>
      {rows.length === 0 ? (
        <EmptyState icon="outline" text={t(query ? "panels.nothing" : "panels.outline.empty")} />
      ) : (
        <Tree rows={rows} cards={cards} folded={folded} onFold={fold} />
      )}
    </div>
  );
}

/** Nodes that fit a query, all on one level. */
function foundIn(cards: ReadonlyMap<string, Card>, query: string): readonly Branch[] {
  const words = ({ id, sockets, node }: Card) => `${sockets.title} ${node.type} ${id}`;
  const found = ranked(query, [...cards.values()], words);
  return found.map(({ one }, index) => ({
    id: one.id,
    level: 1,
    children: 0,
    place: index + 1,
    siblings: found.length,
  }));
}

interface TreeProps {
  readonly rows: readonly Branch[];
  readonly cards: ReadonlyMap<string, Card>;
  readonly folded: ReadonlySet<string>;
  onFold(id: string, close: boolean): void;
}

function Tree({ rows, cards, folded, onFold }: TreeProps) {
  const t = useT();
  const selection = useSelection();
  const [current, setCurrent] = useState<string | null>(null);
  const tree = useRef<HTMLDivElement>(null);
  const height = window.matchMedia("(pointer: coarse)").matches ? ROW_ON_TOUCH : ROW;
  const { box, from, to } = useWindow(rows.length, height);
  const at = Math.max(
    0,
    rows.findIndex((one) => one.id === current),
  );
  const goTo = (index: number) => {
    const row = rows[Math.min(rows.length - 1, Math.max(0, index))];
    if (!row) return;
    setCurrent(row.id);
    const find = () =>
      tree.current?.querySelector<HTMLElement>(`[data-row="${CSS.escape(row.id)}"]`);
    const there = find();
    if (there) there.focus();
    else {
      // Out of sight it is not drawn: scroll to it first.
      box.current?.parentElement?.closest(".dock-body")?.scrollTo({ top: index * height });
      requestAnimationFrame(() => requestAnimationFrame(() => find()?.focus()));
    }
  };
  const choose = (id: string) => {
    setCurrent(id);
    select([id]);
    centreOn([id]);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const row = rows[at];
    if (!row) return;
    const done = treeKey(event.key, row, at, rows, folded, { goTo, choose, onFold });
    if (done) event.preventDefault();
  };
  return (
    <div
      ref={tree}
      role="tree"
      aria-label={t("panels.outline.label")}
      aria-multiselectable="true"
      className="outline"
      onKeyDown={onKeyDown}
    >
      <div ref={box} role="presentation" style={{ height: rows.length * height }}>
        <div role="presentation" style={{ transform: `translateY(${from * height}px)` }}>
          {rows.slice(from, to).map((row) => {
            const card = cards.get(row.id);
            return card ? (
              <OutlineRow
                key={row.id}
                row={row}
                card={card}
                height={height}
                folded={folded.has(row.id)}
                selected={selection.has(row.id)}
                reachable={rows[at]?.id === row.id}
                onChoose={() => choose(row.id)}
                onFold={() => onFold(row.id, !folded.has(row.id))}
              />
            ) : null;
          })}
        </div>
      </div>
    </div>
  );
}

interface Moves {
  goTo(index: number): void;
  choose(id: string): void;
  onFold(id: string, close: boolean): void;
}

/** What a key does in a tree. False where nothing. */
function treeKey(
  key: string,
  row: Branch,
  at: number,
  rows: readonly Branch[],
  folded: ReadonlySet<string>,
  { goTo, choose, onFold }: Moves,
): boolean {
  const isOpen = row.children > 0 && !folded.has(row.id);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[key];
  if (to !== undefined) goTo(to);
  else if (key === "Enter" || key === " ") choose(row.id);
  else if (key === "ArrowRight" && row.children > 0)
    if (isOpen) goTo(at + 1);
    else onFold(row.id, false);
  else if (key === "ArrowLeft")
    if (isOpen) onFold(row.id, true);
    else goTo(rows.findLastIndex((one, index) => index < at && one.level < row.level));
  else return false;
  return true;
}
