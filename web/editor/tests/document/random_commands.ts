/** Any command at all, on whatever is in a document. */

import { bridgesBetween } from "../../src/document/bridges";
import { copy, paste } from "../../src/document/clipboard";
import * as commands from "../../src/document/commands";
import type { Command } from "../../src/document/history";
import { DocumentError, emptyRecord, Float, type Json } from "../../src/document/json";
import * as subgraphs from "../../src/document/subgraphs";
import { linksOf } from "../../src/document/wires";
import {
  type Endpoint,
  GROUP,
  type Graph,
  graphIn,
  NOTE,
  type Scope,
  type Workflow,
} from "../../src/document/workflow";
import { CATALOGUE, SPECS } from "./nodes";

/** What a command is about, chosen by numbers: of a short list, the same ones are chosen often. */
class Pick {
  #at = 0;
  readonly scope: Scope;
  readonly graph: Graph;

  constructor(
    readonly w: Workflow,
    private readonly numbers: readonly number[],
  ) {
    this.scope = this.one([null, null, ...Object.keys(w.subgraphs)]);
    this.graph = graphIn(w, this.scope) ?? w;
  }

  number(): number {
    return this.numbers[this.#at++ % this.numbers.length] ?? 0;
  }

  one<T>(list: readonly T[]): T {
    return list[this.number() % list.length] as T;
  }

  node(): string {
    return this.one([...Object.keys(this.graph.nodes), "ghost"]);
  }

  some(): readonly string[] {
    const boxes = [
      ...(this.graph.view.groups ?? []).map((one) => GROUP + one.id),
      ...(this.graph.view.notes ?? []).map((one) => NOTE + one.id),
    ];
    const size = this.number() % 4;
    return Array.from({ length: size }, () =>
      this.one([...Object.keys(this.graph.nodes), ...boxes, "ghost"]),
    );
  }

  type(): string {
    const uses = Object.keys(this.w.subgraphs).map((name) => `subgraph:${name}`);
    return this.one([...SPECS.map((one) => one.id), ...uses, "gone:thing"]);
  }

  input(node: string): string {
    const spec = CATALOGUE.get(this.graph.nodes[node]?.type ?? "");
    const used = this.w.subgraphs[(this.graph.nodes[node]?.type ?? "").slice("subgraph:".length)];
    return this.one([
      ...(spec?.inputs.map((one) => one.name) ?? []),
      ...Object.keys(used?.inputs ?? {}),
      "item1",
    ]);
  }

  output(node: string): string {
    const spec = CATALOGUE.get(this.graph.nodes[node]?.type ?? "");
    const used = this.w.subgraphs[(this.graph.nodes[node]?.type ?? "").slice("subgraph:".length)];
    return this.one([
      ...(spec?.outputs.map((one) => one.name) ?? []),
      ...Object.keys(used?.outputs ?? {}),
      "image",
    ]);
  }

  from(): Endpoint {
    const node = this.node();
    return { node, socket: this.output(node) };
  }

  to(): Endpoint {
    const links = linksOf(this.graph);
    if (this.number() % 2 === 0 && links.length > 0) return this.one(links).to;
    const node = this.node();
    return { node, socket: this.input(node) };
  }

  at() {
    return { x: this.number() * 7, y: this.number() / 3 };
  }

  value(): Json {
    const names = Object.keys(this.w.subgraphs);
    return this.one<Json>([1, new Float(2), 2n ** 63n, "text", true, null, [1, "a"], ...names]);
  }

  name(): string {
    return this.one(["n", "steps", "constructor", "__proto__", "a.b", "", "x y"]);
  }
}

type Maker = (pick: Pick) => Command | null;

function unlessRefused(made: Command | subgraphs.Refusal | DocumentError): Command | null {
  return made instanceof DocumentError || "refused" in made ? null : made;
}

const NONE = { type: "x", input: "x", output: "x" };

const MAKERS: Readonly<Record<string, Maker>> = {
  addNode: (p) => commands.addNode(p.scope, CATALOGUE, { type: p.type(), at: p.at() }),
  addNodeConnected: (p) =>
    commands.addNodeConnected(p.scope, CATALOGUE, { type: p.type(), at: p.at() }, p.from(), "out"),
  addNodeBefore: (p) =>
    commands.addNodeConnected(p.scope, CATALOGUE, { type: p.type(), at: p.at() }, p.to(), "in"),
  insertOld: (p) => commands.insertOnLink(p.scope, CATALOGUE, p.node(), p.to(), p.at()),
  insertNew: (p) =>
    commands.insertOnLink(p.scope, CATALOGUE, { type: p.type(), at: p.at() }, p.to()),
  insertBridge: (p) => {
    const [bridge = NONE] = bridgesBetween(CATALOGUE, "latent", "image", p.graph, p.node());
    return commands.insertBridge(p.scope, CATALOGUE, bridge, p.from(), p.to());
  },
  insertReroute: (p) => commands.insertReroute(p.scope, CATALOGUE, p.to(), p.at()),
  removeNodes: (p) => commands.removeNodes(p.scope, p.some(), CATALOGUE),
  connect: (p) => commands.connect(p.scope, p.from(), p.to()),
  disconnect: (p) => commands.disconnect(p.scope, p.to()),
  moveSource: (p) => commands.moveLinkEnd(p.scope, p.to(), { from: p.from() }),
  moveTarget: (p) => commands.moveLinkEnd(p.scope, p.to(), { to: p.to() }),
  setValue: (p) => {
    const node = p.node();
    return commands.setValue(p.scope, node, p.input(node), p.value());
  },
  clearValue: (p) => {
    const node = p.node();
    return commands.clearValue(p.scope, node, p.input(node));
  },
  setMode: (p) => commands.setMode(p.scope, p.some(), p.one(["mute", "bypass", null])),
  setTitle: (p) => commands.setTitle(p.scope, p.node(), p.one(["Title", "", null])),
  moveNodes: (p) => {
    const places = p.some().map((id) => [id, [p.number(), p.number() / 3]] as const);
    return commands.moveNodes(p.scope, new Map(places), p.one([undefined, "nudge"]));
  },
  resizeNode: (p) => commands.resizeNode(p.scope, p.node(), p.number() * 20, "resize"),
  collapse: (p) => commands.collapse(p.scope, p.some(), p.one([true, false])),
  expandAdvanced: (p) => commands.expandAdvanced(p.scope, p.node(), p.one([true, false])),
  group: (p) => commands.group(p.scope, p.some(), CATALOGUE, { title: "G" }),
  editGroup: (p) => {
    const id = p.one([...(p.graph.view.groups ?? []).map((one) => one.id), "ghost"]);
    return commands.editGroup(
      p.scope,
      id,
      p.one([{ title: "T" }, { colour: 3 }, { colour: null }]),
    );
  },
  removeGroup: (p) =>
    commands.removeGroup(
      p.scope,
      p.one([...(p.graph.view.groups ?? []).map((one) => one.id), "x"]),
    ),
  addNote: (p) => commands.addNote(p.scope, { text: "note", at: p.at() }),
  editNote: (p) => {
    const id = p.one([...(p.graph.view.notes ?? []).map((one) => one.id), "ghost"]);
    return commands.editNote(p.scope, id, p.one([{ text: "other" }, { box: [1, 2, 300, 4] }]));
  },
  removeNote: (p) =>
    commands.removeNote(p.scope, p.one([...(p.graph.view.notes ?? []).map((one) => one.id), "x"])),
  paste: (p) =>
    unlessRefused(
      paste(p.w, p.scope, copy(p.w, p.one([null, p.scope]), p.some(), CATALOGUE), p.at(), {
        keepOuterLinks: p.one([true, false]),
        catalogue: CATALOGUE,
      }),
    ),
  duplicate: (p) => commands.duplicate(p.scope, p.some(), CATALOGUE),
  setParameter: (p) => {
    const node = p.node();
    return commands.setParameter(p.name(), p.one([`${node}.${p.input(node)}`, [`${node}.x`]]));
  },
  removeParameter: (p) => commands.removeParameter(p.one([...Object.keys(p.w.parameters), "x"])),
  renameParameter: (p) =>
    commands.renameParameter(p.one([...Object.keys(p.w.parameters), "x"]), p.name()),
  renameNode: (p) => commands.renameNode(p.scope, p.node(), p.name()),
  alignNodes: (p) =>
    commands.alignNodes(
      p.scope,
      p.some(),
      p.one(["left", "bottom", "verticalCentre", "distributeHorizontally", "distributeVertically"]),
      CATALOGUE,
    ),
  autoLayout: (p) => {
    const places = Object.keys(p.graph.nodes).map((id, n) => [id, [n * 300, 40]] as const);
    return commands.autoLayout(p.scope, new Map(places), CATALOGUE);
  },
  setSeedMode: (p) => {
    const node = p.node();
    const mode = p.one<commands.SeedMode>(["fixed", "random", "increment"]);
    return commands.setSeedMode(p.scope, node, p.input(node), mode);
  },
  advanceSeeds: (p) => commands.advanceSeeds(() => p.number()),
  makeSubgraph: (p) =>
    unlessRefused(subgraphs.makeSubgraph(p.w, p.scope, p.some(), subgraphs.freeSubgraph(p.w, "s"))),
  expandSubgraph: (p) => unlessRefused(subgraphs.expandSubgraph(p.w, p.scope, p.node(), CATALOGUE)),
  exposeInput: (p) => {
    const node = p.node();
    return subgraphs.exposeInput(p.scope ?? "one", { node, socket: p.input(node) });
  },
  exposeOutput: (p) => subgraphs.exposeOutput(p.scope ?? "one", p.from()),
  hideInput: (p) => subgraphs.hideInput(...socketOf(p, "inputs")),
  hideOutput: (p) => subgraphs.hideOutput(...socketOf(p, "outputs")),
  renameInput: (p) => subgraphs.renameInput(...socketOf(p, "inputs"), p.name(), CATALOGUE),
  renameOutput: (p) => subgraphs.renameOutput(...socketOf(p, "outputs"), p.name()),
  renameSubgraph: (p) =>
    unlessRefused(
      subgraphs.renameSubgraph(
        p.w,
        p.one([...Object.keys(p.w.subgraphs), "x"]),
        p.name(),
        CATALOGUE,
      ),
    ),
  deleteSubgraph: (p) =>
    unlessRefused(
      subgraphs.deleteSubgraph(p.w, p.one([...Object.keys(p.w.subgraphs), "x"]), CATALOGUE),
    ),
  replaceDocument: (p) => commands.replaceDocument({ ...p.w, parameters: emptyRecord() }),
};

function socketOf(p: Pick, side: "inputs" | "outputs"): [string, string] {
  const name = p.one([...Object.keys(p.w.subgraphs), "ghost"]);
  return [name, p.one([...Object.keys(p.w.subgraphs[name]?.[side] ?? {}), "ghost"])];
}

export const KINDS = Object.keys(MAKERS);

/** A command of a kind; null where there is nothing to do it with. */
export function commandOf(kind: string, w: Workflow, numbers: readonly number[]): Command | null {
  return MAKERS[kind]?.(new Pick(w, numbers)) ?? null;
}
