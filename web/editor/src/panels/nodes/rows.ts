/** The catalogue as the rows of a tree. */

import type { Hit } from "../../document/search";
import { SUBGRAPH } from "../../document/workflow";

export type By = "group" | "plugin";

/** A group's name, or "" for the subgraphs of the workflow. */
export interface GroupRow {
  readonly group: string;
  readonly key: string;
  readonly count: number;
  readonly open: boolean;
}

export interface NodeRow {
  readonly hit: Hit;
  readonly key: string;
}

export type Row = (GroupRow | NodeRow) & {
  readonly level: 1 | 2;
  readonly place: number;
  readonly siblings: number;
};

/** All groups, and the node types in those that are open, by their names. */
export function treeRows(
  hits: readonly Hit[],
  by: By,
  closed: ReadonlySet<string>,
): readonly Row[] {
  const groups = new Map<string, Hit[]>();
  for (const hit of hits) {
    const name = groupOf(hit, by);
    const list = groups.get(name) ?? [];
    list.push(hit);
    groups.set(name, list);
  }
  const names = [...groups.keys()].sort();
  return names.flatMap((group, index): readonly Row[] => {
    const list = groups.get(group) ?? [];
    const open = !closed.has(group);
    const head: Row = {
      group,
      key: `group ${group}`,
      count: list.length,
      open,
      level: 1,
      place: index + 1,
      siblings: names.length,
    };
    return open ? [head, ...nodeRows(byTitle(list), 2)] : [head];
  });
}

/** Node types all on one level, in the order in which they were found. */
export function flatRows(hits: readonly Hit[]): readonly Row[] {
  return nodeRows(hits, 1);
}

function nodeRows(hits: readonly Hit[], level: 1 | 2): readonly Row[] {
  return hits.map((hit, index) => ({
    hit,
    key: hit.type,
    level,
    place: index + 1,
    siblings: hits.length,
  }));
}

function groupOf({ type, group, plugin }: Hit, by: By): string {
  if (type.startsWith(SUBGRAPH)) return "";
  return by === "plugin" ? plugin : group;
}

function byTitle(hits: readonly Hit[]): readonly Hit[] {
  return [...hits].sort((a, b) => a.title.localeCompare(b.title));
}

/** The row that an arrow key leads to, from one; and whether a group opens or closes instead. */
export function moved(
  key: string,
  at: number,
  rows: readonly Row[],
): { readonly to: number } | { readonly fold: string; readonly open: boolean } | null {
  const row = rows[at];
  if (!row) return null;
  const last = rows.length - 1;
  switch (key) {
    case "ArrowDown":
      return { to: Math.min(last, at + 1) };
    case "ArrowUp":
      return { to: Math.max(0, at - 1) };
    case "Home":
      return { to: 0 };
    case "End":
      return { to: last };
    case "ArrowRight":
      if ("group" in row && !row.open) return { fold: row.group, open: true };
      return "group" in row ? { to: Math.min(last, at + 1) } : null;
    case "ArrowLeft":
      if ("group" in row && row.open) return { fold: row.group, open: false };
      return {
        to: Math.max(
          0,
          rows.findLastIndex((one, i) => i < at && one.level < row.level),
        ),
      };
    default:
      return null;
  }
}
