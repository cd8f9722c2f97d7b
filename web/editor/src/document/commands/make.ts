/** Putting nodes into a subgraph of their own. */

import type { Command } from "../history";
import { type Refusal, subgraphNameRefusal } from "../subgraphs";
import { copyOf, emptyRecord, recordOf } from "../value";
import { downstream, upstream } from "../wires";
import {
  formatLink,
  GROUP,
  type Graph,
  graphIn,
  NOTE,
  parseLink,
  parseTarget,
  type Scope,
  SUBGRAPH,
  targetsOf,
  type Workflow,
} from "../workflow";
import {
  forgetNodes,
  type GraphDraft,
  graphDraft,
  type NodeDraft,
  newNode,
  onWorkflow,
  type SubgraphDraft,
  setInView,
  setList,
  setPlace,
  type WorkflowDraft,
} from "./edit";
import { freeId, unusedId } from "./nodes";
import { namesOf } from "./references";

/** Put nodes into a subgraph of their own. Every link and value is kept. id: of the new use. */
export function makeSubgraph(
  w: Workflow,
  scope: Scope,
  ids: Iterable<string>,
  name: string,
  options: { readonly id?: string } = {},
): Command | Refusal {
  const chosen = new Set(ids);
  const graph = graphIn(w, scope);
  const inside = new Set([...chosen].filter((id) => graph && id in graph.nodes));
  if (!graph || inside.size === 0) return { refused: "empty" };
  const refusal = subgraphNameRefusal(w, name);
  if (refusal) return refusal;
  const between = nodeBetween(graph, inside);
  if (between !== undefined) return { refused: "loop", about: between };
  return onWorkflow("makeSubgraph", (draft, before) => {
    const outer = graphDraft(draft, scope);
    if (!outer) return;
    const kept = Object.entries(graph.nodes).filter(([id]) => !inside.has(id));
    const rest = { nodes: recordOf(kept) };
    const wish = options.id;
    const use = wish !== undefined && !(wish in rest.nodes) ? wish : freeId(rest, SUBGRAPH + name);
    new Maker(draft, scope, outer, inside, use).make(name, before, chosen);
  });
}

/** A node that is not chosen, but stands between two that are: the subgraph would need itself. */
function nodeBetween(graph: Graph, inside: ReadonlySet<string>): string | undefined {
  const below = downstream(graph, inside);
  for (const id of upstream(graph, inside)) if (below.has(id) && !inside.has(id)) return id;
  return undefined;
}

class Maker {
  private readonly inner: SubgraphDraft = {
    nodes: emptyRecord(),
    inputs: emptyRecord(),
    outputs: emptyRecord(),
    view: emptyRecord() as SubgraphDraft["view"],
  };
  private readonly use: NodeDraft;

  constructor(
    private readonly draft: WorkflowDraft,
    private readonly scope: Scope,
    private readonly outer: GraphDraft,
    private readonly inside: ReadonlySet<string>,
    private readonly useId: string,
  ) {
    this.use = newNode("");
  }

  make(name: string, before: Workflow, chosen: ReadonlySet<string>): void {
    this.use.type = SUBGRAPH + name;
    const graph = graphIn(before, this.scope) as Graph;
    for (const id of this.inside) this.take(id, graph);
    this.exposeOutputs();
    this.exposeNames();
    this.moveView(graph, chosen);
    for (const id of this.inside) delete this.outer.nodes[id];
    forgetNodes(this.outer.view, this.inside);
    this.outer.nodes[this.useId] = this.use;
    this.draft.subgraphs[name] = this.inner;
  }

  /** Move a node inside. What comes from outside comes through inputs, one for each source. */
  private take(id: string, graph: Graph): void {
    const node = graph.nodes[id];
    if (!node) return;
    const links = emptyRecord<string>();
    for (const input of Object.keys(node.links)) {
      const text = node.links[input] as string;
      const from = parseLink(text);
      if (!from || this.inside.has(from.node)) links[input] = text;
      else this.enter(text, `${id}.${input}`);
    }
    this.inner.nodes[id] = { ...node, values: copyOf(node.values), links };
  }

  private enter(source: string, target: string): void {
    const known = Object.keys(this.use.links).find((name) => this.use.links[name] === source);
    const name = known ?? this.freeInput(target);
    const targets = [...targetsOf(this.inner.inputs[name] ?? []), target];
    this.inner.inputs[name] = targets.length === 1 ? target : targets;
    this.use.links[name] = source;
  }

  private freeInput(target: string): string {
    const { inputs } = this.inner;
    return unusedId(parseTarget(target)?.socket ?? "input", (name) => name in inputs);
  }

  /** What nodes outside need of those inside, they get through outputs of the subgraph. */
  private exposeOutputs(): void {
    for (const id of Object.keys(this.outer.nodes)) {
      if (!this.inside.has(id)) this.replaceSources(this.outer.nodes[id]?.links ?? {});
    }
    if (this.scope !== null) this.replaceSources(this.draft.subgraphs[this.scope]?.outputs ?? {});
  }

  private replaceSources(links: Record<string, string>): void {
    for (const name of Object.keys(links)) {
      const text = links[name] as string;
      const from = parseLink(text);
      if (from && this.inside.has(from.node))
        links[name] = formatLink({ node: this.useId, socket: this.leave(text, from.socket) });
    }
  }

  private leave(source: string, output: string): string {
    const { outputs } = this.inner;
    const known = Object.keys(outputs).find((name) => outputs[name] === source);
    if (known !== undefined) return known;
    const name = unusedId(output, (one) => one in outputs);
    outputs[name] = source;
    return name;
  }

  /** Parameters, or inputs of the subgraph around, reach what is inside through inputs. */
  private exposeNames(): void {
    const names = namesOf(this.draft, this.scope);
    for (const name of Object.keys(names)) {
      const all = targetsOf(names[name] ?? []);
      const within = all.filter((text) => this.inside.has(parseTarget(text)?.node ?? ""));
      if (within.length === 0) continue;
      const input = this.inputOf(within);
      const left = all.filter((text) => !within.includes(text));
      const path = `${this.useId}.${input}`;
      names[name] = left.length === 0 && typeof names[name] === "string" ? path : [...left, path];
    }
  }

  private inputOf(targets: readonly string[]): string {
    const { inputs } = this.inner;
    const same = (name: string) => targetsOf(inputs[name] ?? []).join("\n") === targets.join("\n");
    const known = Object.keys(inputs).find(same);
    if (known !== undefined) return known;
    const name = this.freeInput(targets[0] ?? "");
    inputs[name] = targets.length === 1 ? (targets[0] as string) : targets;
    return name;
  }

  private moveView({ view }: Graph, chosen: ReadonlySet<string>): void {
    const inner = this.inner.view;
    const corners: (readonly [number, number])[] = [];
    for (const id of this.inside) {
      const place = view.nodes?.[id];
      if (place) {
        setPlace(inner, id, place[0], place[1]);
        corners.push(place);
      }
      const width = view.widths?.[id];
      if (width !== undefined) setInView(inner, "widths", id, width);
    }
    for (const [key, mode] of Object.entries(view.seeds ?? {}))
      if (this.inside.has(parseTarget(key)?.node ?? "")) setInView(inner, "seeds", key, mode);
    for (const key of ["collapsed", "expanded"] as const) {
      const marked = (view[key] ?? []).filter((id) => this.inside.has(id));
      if (marked.length > 0) setList(inner, key, marked);
    }
    this.moveBoxes(view, chosen);
    if (corners.length > 0)
      setPlace(
        this.outer.view,
        this.useId,
        Math.min(...corners.map(([x]) => x)),
        Math.min(...corners.map(([, y]) => y)),
      );
  }

  private moveBoxes({ groups = [], notes = [] }: Graph["view"], chosen: ReadonlySet<string>): void {
    const inGroup = (one: { readonly id: string }) => chosen.has(GROUP + one.id);
    const inNote = (one: { readonly id: string }) => chosen.has(NOTE + one.id);
    if (groups.some(inGroup)) {
      setList(this.inner.view, "groups", groups.filter(inGroup));
      setList(
        this.outer.view,
        "groups",
        groups.filter((one) => !inGroup(one)),
      );
    }
    if (notes.some(inNote)) {
      setList(this.inner.view, "notes", notes.filter(inNote));
      setList(
        this.outer.view,
        "notes",
        notes.filter((one) => !inNote(one)),
      );
    }
  }
}
