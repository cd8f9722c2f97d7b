/** Making links: what a pulled link may do where it is dropped, and the words when it may not. */

import * as commands from "../document/commands";
import { type Point, socketPoint } from "../document/geometry";
import {
  type Bridge,
  canConnect,
  compatibleInputs,
  compatibleOutputs,
  firstFreeInput,
  firstFreeOutput,
} from "../document/links";
import { socketsOf } from "../document/sockets";
import { type Endpoint, parseLink } from "../document/workflow";
import { type MessageKey, t } from "../i18n";
import { server } from "../state/server";
import { run } from "../state/tabs";
import { announce, ui } from "../state/ui";
import { getFlow } from "./camera";
import { gesture } from "./gesture";
import { model } from "./model";

export type Side = "in" | "out";
export interface Screen {
  readonly x: number;
  readonly y: number;
}

/** What is under the pointer when it is let go. */
export interface Dropped {
  readonly node: string | null;
  /** An input of the node; null for its body. */
  readonly socket: string | null;
}

/** A link's ends in the order data flows. */
function ordered(end: Endpoint, side: Side, other: Endpoint): { from: Endpoint; to: Endpoint } {
  return side === "out" ? { from: end, to: other } : { from: other, to: end };
}

export function kindOf(end: Endpoint, side: Side): string {
  const { workflow, scope, catalogue } = model.getState();
  const sockets = socketsOf(workflow, scope, end.node, catalogue);
  const list = side === "out" ? sockets.outputs : sockets.inputs;
  return list.find((one) => one.name === end.socket)?.kind ?? "any";
}

/**
 * Begin to pull: from now on the sockets that fit are marked. moves: the input whose link is pulled
 * off; `end` is then its output.
 */
export function beginPull(end: Endpoint, side: Side, moves: Endpoint | null = null): void {
  const fits = new Set(compatible(end, side).map((one) => `${one.node}.${one.socket}`));
  gesture.setState({
    pulled: { end, side, kind: kindOf(end, side), fits, moves },
    refusal: null,
    menu: null,
  });
}

/** Begin to pull at a socket: a linked input lends the end of its link. */
export function pullAt(end: Endpoint, side: Side): void {
  const { graph } = model.getState();
  const text = side === "in" ? graph.nodes[end.node]?.links[end.socket] : undefined;
  const source = text === undefined ? null : parseLink(text);
  if (source) beginPull(source, "out", end);
  else beginPull(end, side);
}

/** A link that was pulled off an input was dropped on a socket, a node's body, or on nothing. */
export function dropMoved(moves: Endpoint, from: Endpoint, on: Dropped, screen: Screen): void {
  const { workflow, scope, catalogue } = model.getState();
  if (on.node === null) {
    disconnect(moves);
    return;
  }
  const socket = on.socket ?? firstFreeInput(workflow, scope, catalogue, from, on.node);
  const to = socket === null ? null : { node: on.node, socket };
  if (!to || (to.node === moves.node && to.socket === moves.socket)) return;
  const verdict = canConnect(workflow, scope, catalogue, from, to);
  if (verdict.ok) {
    run(commands.moveLinkEnd(scope, moves, { to }));
    announce(t("canvas.said.connected", { from: name(from), to: name(to) }));
  } else link(from, "out", to, screen);
}

export function endPull(): void {
  gesture.setState({ pulled: null });
}

/** Every socket of the graph that an end can be linked to, nearest first. */
export function compatible(end: Endpoint, side: Side): readonly Endpoint[] {
  const { workflow, scope, catalogue } = model.getState();
  return side === "out"
    ? compatibleInputs(workflow, scope, catalogue, end)
    : compatibleOutputs(workflow, scope, catalogue, end);
}

/** Link two ends, or say why not and what would bridge them. */
export function link(end: Endpoint, side: Side, other: Endpoint, screen: Screen): boolean {
  const { workflow, scope, catalogue } = model.getState();
  const { from, to } = ordered(end, side, other);
  const verdict = canConnect(workflow, scope, catalogue, from, to);
  if (!verdict.ok) {
    const { code, expected = "", got = "" } = verdict.reason;
    const key = `canvas.refused.${code}` as MessageKey;
    const text = t(key, { input: to.socket, expected, got });
    gesture.setState({ refusal: { screen, from, to, text, bridges: verdict.bridges } });
    announce(text);
    return false;
  }
  run(commands.connect(scope, from, to));
  announce(t("canvas.said.connected", { from: name(from), to: name(to) }));
  return true;
}

export function bridge(one: Bridge, from: Endpoint, to: Endpoint): void {
  const { scope } = model.getState();
  const { catalogue } = server.getState();
  run(commands.insertBridge(scope, catalogue, one, from, to));
  gesture.setState({ refusal: null });
  announce(t("command.insertBridge"));
}

/** Put a corner into the link that ends at `to`: at a place, or half way. */
export function reroute(to: Endpoint, at?: Point): void {
  const { workflow, scope, catalogue, graph } = model.getState();
  const from = parseLink(graph.nodes[to.node]?.links[to.socket] ?? "");
  if (!from) return;
  const a = socketPoint(workflow, scope, from.node, "out", from.socket, catalogue);
  const b = socketPoint(workflow, scope, to.node, "in", to.socket, catalogue);
  const middle = { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
  run(commands.insertReroute(scope, catalogue, to, at ?? middle));
  announce(t("command.insertReroute"));
}

export function disconnect(to: Endpoint): void {
  run(commands.disconnect(model.getState().scope, to));
  announce(t("canvas.said.disconnected", { to: name(to) }));
}

/** A pulled link was dropped on a node's body: its first free socket that fits takes it. */
export function dropOnNode(end: Endpoint, side: Side, node: string, screen: Screen): void {
  const { workflow, scope, catalogue } = model.getState();
  const find = side === "out" ? firstFreeInput : firstFreeOutput;
  const socket = find(workflow, scope, catalogue, end, node);
  if (socket !== null) {
    link(end, side, { node, socket }, screen);
    return;
  }
  const sockets = socketsOf(workflow, scope, node, catalogue);
  const first = (side === "out" ? sockets.inputs : sockets.outputs)[0];
  if (first) link(end, side, { node, socket: first.name }, screen);
}

/** A pulled link was dropped on nothing: search among the nodes that fit it. */
export function dropOnCanvas(end: Endpoint, side: Side, screen: Screen): void {
  const at = getFlow()?.screenToFlowPosition(screen) ?? { x: 0, y: 0 };
  const kind = kindOf(end, side);
  ui.setState({ search: { at, screen, link: { from: end, side, kind } } });
}

function name({ node, socket }: Endpoint): string {
  const { workflow, scope, catalogue } = model.getState();
  return `${socketsOf(workflow, scope, node, catalogue).title} ${socket}`;
}

/** Open the search at a place of the window. at: where the node goes, if not there. */
export function searchAt(screen: Screen, at?: { readonly x: number; readonly y: number }): void {
  const there = getFlow()?.screenToFlowPosition({ ...screen }) ?? { x: 0, y: 0 };
  ui.setState({ search: { at: at ?? there, screen } });
}

/** The node at a place of the window, by where nodes are: from afar none is mounted. */
export function nodeAt(screen: Screen): string | null {
  const at = getFlow()?.screenToFlowPosition({ ...screen });
  if (!at) return null;
  const { layout } = model.getState();
  let found: string | null = null;
  for (const [id, { width, height }] of layout.sizes) {
    const [x, y] = layout.places.get(id) ?? [0, 0];
    if (at.x >= x && at.x <= x + width && at.y >= y && at.y <= y + height) found = id;
  }
  return found;
}
