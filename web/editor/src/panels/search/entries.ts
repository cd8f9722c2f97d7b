/** What the search offers: node types and subgraphs, and what else can be put on the canvas. */

import type { Catalogue } from "../../document/catalogue";
import { matchOf, type Range } from "../../document/fuzzy";
import { type Hit, searchNodes } from "../../document/search";
import type { Workflow } from "../../document/workflow";
import type { Search } from "../../state/ui";

/** A note, or a group around what is selected. */
export interface Extra {
  readonly extra: "note" | "group";
  readonly title: string;
  readonly titleRanges: readonly Range[];
}

export type Entry = Hit | Extra;

export interface Wish {
  readonly catalogue: Catalogue;
  readonly workflow: Workflow;
  readonly usage: Readonly<Record<string, number>>;
  readonly link?: Search["link"];
  /** Extras by their titles in the person's language. */
  readonly extras: readonly (readonly [Extra["extra"], string])[];
}

/** More are found by typing. */
export const MOST = 100;

export function entriesFor(query: string, wish: Wish): readonly Entry[] {
  const { catalogue, workflow, usage, link } = wish;
  const fits = link ? { filterKind: link.kind, side: link.side } : {};
  const hits = searchNodes(catalogue, query, { usage, workflow, limit: MOST, ...fits });
  if (link) return hits;
  const extras = wish.extras.flatMap(([extra, title]): readonly Extra[] => {
    const match = query.trim() === "" ? { ranges: [] } : matchOf(query.trim(), title);
    return match ? [{ extra, title, titleRanges: match.ranges }] : [];
  });
  const isMeant = (one: Extra) => one.title.toLowerCase() === query.trim().toLowerCase();
  return [...extras.filter(isMeant), ...hits, ...extras.filter((one) => !isMeant(one))];
}

export function keyOf(entry: Entry): string {
  return "extra" in entry ? entry.extra : entry.type;
}

export interface Piece {
  readonly text: string;
  readonly matched: boolean;
}

/** A text cut where it matched. */
export function pieces(text: string, ranges: readonly Range[]): readonly Piece[] {
  const found: Piece[] = [];
  let at = 0;
  for (const [start, end] of ranges) {
    if (start > at) found.push({ text: text.slice(at, start), matched: false });
    found.push({ text: text.slice(start, end), matched: true });
    at = end;
  }
  if (at < text.length) found.push({ text: text.slice(at), matched: false });
  return found;
}
