/** Joining two versions that were made of one. */

import { sameJson } from "./json";
import { mergeViews } from "./merge_views";
import { emptyRecord, type Json } from "./value";
import { linksInto } from "./wires";
import type { Graph, NodeDocument, SubgraphDocument, Workflow } from "./workflow";

export interface Conflict {
  /** Such as "nodes.sample.steps", "nodes.sample" or "parameters.seed". */
  readonly path: string;
  /** undefined where that side took it away. A link is an object with it under "link". */
  readonly mine: Json | undefined;
  readonly theirs: Json | undefined;
}

export interface Merged {
  readonly merged: Workflow;
  readonly conflicts: readonly Conflict[];
}

type Side = "mine" | "theirs";
type Choose = (path: string) => Side;

/** Both sides' changes in one. Where both changed the same, `choose` decides: mine unless told. */
export function mergeThree(
  base: Workflow,
  mine: Workflow,
  theirs: Workflow,
  choose: Choose = () => "mine",
): Merged {
  const merger = new Merger(choose);
  const merged = {
    weft: 1 as const,
    ...merger.graph("", base, mine, theirs),
    parameters: merger.records("parameters", base.parameters, mine.parameters, theirs.parameters),
    requires: merger.records("requires", base.requires, mine.requires, theirs.requires),
    subgraphs: merger.entries(
      "subgraphs",
      base.subgraphs,
      mine.subgraphs,
      theirs.subgraphs,
      (path, b, m, t) => merger.subgraph(path, b, m, t),
    ),
  };
  return { merged, conflicts: [...merger.conflicts.values()] };
}

/** The versions of one thing; undefined where it is not there. */
type Join<T> = (path: string, base: T | undefined, mine: T, theirs: T) => T;
type RecordOf<T> = Readonly<Record<string, T>>;

class Merger {
  readonly conflicts = new Map<string, Conflict>();

  constructor(private readonly choose: Choose) {}

  graph(prefix: string, base: Graph | undefined, mine: Graph, theirs: Graph): Graph {
    const path = `${prefix}nodes`;
    const nodes = this.entries(path, base?.nodes ?? {}, mine.nodes, theirs.nodes, (at, b, m, t) =>
      this.node(at, b, m, t),
    );
    this.bringBack(path, nodes, mine, theirs);
    const view = mergeViews(base?.view ?? {}, mine.view, theirs.view, (id) => id in nodes);
    return { nodes, view };
  }

  subgraph(
    path: string,
    base: SubgraphDocument | undefined,
    mine: SubgraphDocument,
    theirs: SubgraphDocument,
  ): SubgraphDocument {
    const { inputs = {}, outputs = {} } = base ?? {};
    return {
      ...this.graph(`${path}.`, base, mine, theirs),
      inputs: this.records(`${path}.inputs`, inputs, mine.inputs, theirs.inputs),
      outputs: this.records(`${path}.outputs`, outputs, mine.outputs, theirs.outputs),
    };
  }

  private node(
    path: string,
    base: NodeDocument | undefined,
    mine: NodeDocument,
    theirs: NodeDocument,
  ): NodeDocument {
    const same = mine.type === theirs.type && mine.version === theirs.version;
    const type = same ? mine : this.value(path, asJson(base), asJson(mine), asJson(theirs));
    if (!same) return type as unknown as NodeDocument;
    const title = this.value(`${path}.title`, base?.title, mine.title, theirs.title);
    const mode = this.value(`${path}.mode`, base?.mode, mine.mode, theirs.mode);
    const inputs = this.records(path, slotsOf(base), slotsOf(mine), slotsOf(theirs));
    return {
      type: mine.type,
      version: mine.version,
      ...(title === undefined ? {} : { title: title as string }),
      ...(mode === undefined ? {} : { mode: mode as "mute" | "bypass" }),
      ...fromSlots(inputs),
    };
  }

  /** Records of plain values, each of which is changed as a whole. */
  records<T extends Json>(
    path: string,
    base: RecordOf<T>,
    mine: RecordOf<T>,
    theirs: RecordOf<T>,
  ): Record<string, T> {
    const made = emptyRecord<T>();
    for (const key of keysOf(base, mine, theirs)) {
      const [b, m, t] = [own(base, key), own(mine, key), own(theirs, key)];
      const one = this.value(`${path}.${key}`, b, m, t);
      if (one !== undefined) made[key] = one as T;
    }
    return made;
  }

  /** Records of things that are joined part by part where both sides have them. */
  entries<T extends NodeDocument | SubgraphDocument>(
    path: string,
    base: RecordOf<T>,
    mine: RecordOf<T>,
    theirs: RecordOf<T>,
    join: Join<T>,
  ): Record<string, T> {
    const made = emptyRecord<T>();
    for (const key of keysOf(base, mine, theirs)) {
      const at = `${path}.${key}`;
      const [b, m, t] = [own(base, key), own(mine, key), own(theirs, key)];
      const one =
        m !== undefined && t !== undefined
          ? join(at, b, m, t)
          : (this.value(at, asJson(b), asJson(m), asJson(t)) as unknown as T | undefined);
      if (one !== undefined) made[key] = one;
    }
    return made;
  }

  private value(
    path: string,
    base: Json | undefined,
    mine: Json | undefined,
    theirs: Json | undefined,
  ): Json | undefined {
    if (mine === theirs || sameJson(mine, theirs)) return mine;
    if (sameJson(base, mine)) return theirs;
    if (sameJson(base, theirs)) return mine;
    return this.decide(path, mine, theirs);
  }

  private decide(path: string, mine: Json | undefined, theirs: Json | undefined): Json | undefined {
    this.conflicts.set(path, { path, mine, theirs });
    return this.choose(path) === "mine" ? mine : theirs;
  }

  /** Nodes that one side deleted and the other one's links still need: a conflict, not a silent loss. */
  private bringBack(
    path: string,
    nodes: Record<string, NodeDocument>,
    mine: Graph,
    theirs: Graph,
  ): void {
    const todo = Object.keys(nodes);
    for (const id of todo)
      for (const [input, { node: source }] of linksInto(nodes[id] as NodeDocument)) {
        const [m, t] = [own(mine.nodes, source), own(theirs.nodes, source)];
        if (source in nodes || (m === undefined && t === undefined)) continue;
        const kept = this.decide(`${path}.${source}`, asJson(m), asJson(t));
        if (kept !== undefined) {
          nodes[source] = kept as unknown as NodeDocument;
          todo.push(source);
        } else nodes[id] = withoutLink(nodes[id] as NodeDocument, input);
      }
  }
}

function withoutLink(node: NodeDocument, input: string): NodeDocument {
  const links = Object.assign(emptyRecord<string>(), node.links);
  delete links[input];
  return { ...node, links };
}

/** What each input is given: the value, or the link under "link". */
function slotsOf(node: NodeDocument | undefined): Record<string, Json> {
  const slots = emptyRecord<Json>();
  for (const name of Object.keys(node?.values ?? {}))
    slots[name] = { value: own(node?.values, name) ?? null };
  for (const name of Object.keys(node?.links ?? {})) {
    const link = own(node?.links, name) ?? "";
    slots[name] = { ...(slots[name] as Record<string, Json> | undefined), link };
  }
  return slots;
}

function fromSlots(slots: RecordOf<Json>): Pick<NodeDocument, "values" | "links"> {
  const values = emptyRecord<Json>();
  const links = emptyRecord<string>();
  for (const name of Object.keys(slots)) {
    const { value, link } = slots[name] as { readonly value?: Json; readonly link?: string };
    if (value !== undefined) values[name] = value;
    if (link !== undefined) links[name] = link;
  }
  return { values, links };
}

function own<T>(record: RecordOf<T> | undefined, key: string): T | undefined {
  return record && Object.hasOwn(record, key) ? record[key] : undefined;
}

function keysOf(...records: readonly object[]): ReadonlySet<string> {
  return new Set(records.flatMap((one) => Object.keys(one)));
}

function asJson(one: NodeDocument | SubgraphDocument | undefined): Json | undefined {
  return one as unknown as Json | undefined;
}
