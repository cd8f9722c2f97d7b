/** The tree of node types: keys walk it, Enter adds, rows can be dragged onto the canvas. */

import { type DragEvent, type KeyboardEvent, useRef } from "react";
import { useStore } from "zustand";
import { DROP_NODE } from "../../canvas/dropping";
import { socketsOfType } from "../../document/passage";
import type { Hit } from "../../document/search";
import { useT } from "../../i18n";
import { useWorkflow } from "../../state/hooks";
import { server } from "../../state/server";
import { KindRow } from "../KindMark";
import { Matched } from "../search/Option";
import { Icon } from "../ui/Icon";
import { byLetters } from "../ui/typing";
import { moved, type Row } from "./rows";

interface Props {
  readonly rows: readonly Row[];
  readonly current: string | null;
  onCurrent(key: string): void;
  onFold(group: string, open: boolean): void;
  onAdd(type: string): void;
}

export function NodeTree({ rows, current, onCurrent, onFold, onAdd }: Props) {
  const t = useT();
  const tree = useRef<HTMLDivElement>(null);
  const typed = useRef(byLetters());
  const found = rows.findIndex((one) => one.key === current);
  const at = Math.max(0, found);
  const goTo = (index: number) => {
    const key = rows[index]?.key;
    if (key === undefined) return;
    onCurrent(key);
    tree.current?.querySelector<HTMLElement>(`[data-row="${CSS.escape(key)}"]`)?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const row = rows[at];
    if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
    const move = moved(event.key, at, rows);
    const letter = typed.current(event.key, rows.map(nameOf), at);
    if (move && "to" in move) goTo(move.to);
    else if (move) onFold(move.fold, move.open);
    else if (event.key === "Enter" || (event.key === " " && letter === undefined)) {
      if ("group" in row) onFold(row.group, !row.open);
      else onAdd(row.hit.type);
    } else if (letter !== undefined) goTo(letter);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div
      ref={tree}
      role="tree"
      aria-label={t("search.nodes.tree")}
      className="nodes-tree"
      onKeyDown={onKeyDown}
    >
      {rows.map((row, index) => {
        const shared = {
          "data-row": row.key,
          "aria-level": row.level,
          "aria-posinset": row.place,
          "aria-setsize": row.siblings,
          onFocus: () => onCurrent(row.key),
        } as const;
        return "group" in row ? (
          <div
            key={row.key}
            {...shared}
            role="treeitem"
            tabIndex={index === at ? 0 : -1}
            className="nodes-group"
            aria-expanded={row.open}
            onClick={() => onFold(row.group, !row.open)}
          >
            <Icon name={row.open ? "chevron-down" : "chevron-right"} />
            <span className="nodes-name">{nameOf(row) || t("search.nodes.subgraphs")}</span>
            <span className="nodes-count">{row.count}</span>
          </div>
        ) : (
          <div
            key={row.key}
            {...shared}
            role="treeitem"
            tabIndex={index === at ? 0 : -1}
            className={row.level === 2 ? "nodes-node is-inner" : "nodes-node"}
            aria-selected={row.key === current}
            draggable
            onDragStart={(event) => drag(event, row.hit.type)}
            onClick={(event) => event.currentTarget.focus()}
            onDoubleClick={() => onAdd(row.hit.type)}
          >
            <NodeLine hit={row.hit} />
          </div>
        );
      })}
    </div>
  );
}

/** "Image" of the group "image"; a plugin's name stays as it is written. */
function nameOf(row: Row): string {
  if ("hit" in row) return row.hit.title;
  return row.group.charAt(0).toUpperCase() + row.group.slice(1);
}

function drag(event: DragEvent, type: string): void {
  event.dataTransfer.setData(DROP_NODE, type);
  event.dataTransfer.effectAllowed = "copy";
}

function NodeLine({ hit }: { readonly hit: Hit }) {
  const catalogue = useStore(server, (state) => state.catalogue);
  const workflow = useWorkflow();
  const { inputs, outputs } = socketsOfType(workflow, catalogue, hit.type);
  const linked = inputs.filter((one) => !one.literal && !one.free);
  return (
    <>
      <span className="nodes-name">
        <Matched text={hit.title} ranges={hit.titleRanges} />
      </span>
      <KindRow inputs={linked.slice(0, 4)} outputs={outputs.slice(0, 4)} />
    </>
  );
}
