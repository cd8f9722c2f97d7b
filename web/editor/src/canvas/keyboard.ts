/** The keyboard on the canvas: arrows walk the graph, S opens a node's sockets, C connects. */

import type { KeyboardEvent } from "react";
import { chordOf, isTextField } from "../app/keys";
import * as commands from "../document/commands";
import { type Direction, neighbour } from "../document/neighbours";
import { t } from "../i18n";
import { activeTab, run, select } from "../state/tabs";
import { announce } from "../state/ui";
import { focusCanvas, focusNode } from "./focus";
import { gesture } from "./gesture";
import { disconnect } from "./linking";
import { model } from "./model";
import { GRID } from "./moving";
import { openMenu } from "./Socket";

const ARROWS: Readonly<Record<string, Direction>> = {
  ArrowLeft: "left",
  ArrowRight: "right",
  ArrowUp: "up",
  ArrowDown: "down",
};

export function onCanvasKey(event: KeyboardEvent): void {
  const target = event.target as HTMLElement;
  if (isTextField(target) || event.defaultPrevented) return;
  const chord = chordOf(event.nativeEvent);
  const socket = target.closest<HTMLElement>("[data-socket]");
  const done = socket ? onSocket(chord, socket) : onNode(chord, target);
  if (done) {
    event.preventDefault();
    event.stopPropagation();
  }
}

function onNode(chord: string, target: HTMLElement): boolean {
  const card = target.closest<HTMLElement>("[data-card]")?.dataset.card;
  // A field inside a card has arrows of its own.
  const onCard = target.dataset.card !== undefined || target.dataset.canvas !== undefined;
  const direction = ARROWS[chord.replace(/^(Alt|Shift)\+/, "")];
  if (direction && onCard) {
    if (chord.startsWith("Alt+")) return move(direction);
    return walk(direction, chord.startsWith("Shift+"));
  }
  if (chord === "Escape") return leave(card);
  if (!onCard) return false;
  if (chord === "S") return openSockets(card ?? currentNode());
  if (chord === "Enter" && card) return enterFields(card);
  return false;
}

export function currentNode(): string | null {
  const { current } = gesture.getState();
  const { cards } = model.getState();
  if (current !== null && cards.has(current)) return current;
  const [first] = activeTab()?.selection ?? [];
  return first && cards.has(first) ? first : null;
}

function walk(direction: Direction, extend: boolean): boolean {
  const { workflow, scope, catalogue, cards } = model.getState();
  const from = currentNode();
  const next = from === null ? firstNode() : neighbour(workflow, scope, catalogue, from, direction);
  if (next === null) return true;
  focusNode(next, { keep: extend });
  if (extend) {
    const chosen = new Set(activeTab()?.selection);
    chosen.add(next);
    select(chosen);
  }
  const title = cards.get(next)?.sockets.title ?? next;
  announce(title);
  return true;
}

/** The leftmost of the topmost: where reading begins. */
function firstNode(): string | null {
  const { layout } = model.getState();
  const order = [...layout.places].sort(([, a], [, b]) => a[0] - b[0] || a[1] - b[1]);
  return order[0]?.[0] ?? null;
}

const STEPS: Readonly<Record<Direction, readonly [number, number]>> = {
  left: [-GRID, 0],
  right: [GRID, 0],
  up: [0, -GRID],
  down: [0, GRID],
};

function move(direction: Direction): boolean {
  const { layout, scope } = model.getState();
  const [dx, dy] = STEPS[direction];
  const places = new Map<string, readonly [number, number]>();
  for (const id of activeTab()?.selection ?? []) {
    const place = layout.places.get(id);
    if (place) places.set(id, [place[0] + dx, place[1] + dy]);
  }
  if (places.size > 0)
    run(commands.moveNodes(scope, places, `nudge ${scope ?? ""} ${[...places.keys()].join(" ")}`));
  return true;
}

function leave(card: string | undefined): boolean {
  if (gesture.getState().refusal || gesture.getState().menu) {
    gesture.setState({ refusal: null, menu: null });
    return true;
  }
  if (!card) return false;
  if (document.activeElement instanceof HTMLElement && !document.activeElement.dataset.card)
    focusNode(card, { keep: true });
  else focusCanvas();
  return true;
}

function enterFields(card: string): boolean {
  const field = cardElement(card)?.querySelector<HTMLElement>(
    ".card-field input, .card-field textarea, .card-field select, .card-field button",
  );
  field?.focus();
  return field !== null && field !== undefined;
}

function cardElement(id: string): HTMLElement | null {
  return document.querySelector<HTMLElement>(`[data-card="${CSS.escape(id)}"]`);
}

function openSockets(id: string | null): boolean {
  if (id === null) return false;
  const first = cardElement(id)?.querySelector<HTMLElement>("[data-socket]");
  if (!first) return false;
  first.focus();
  announce(t("canvas.said.sockets", { node: model.getState().cards.get(id)?.sockets.title ?? id }));
  return true;
}

function onSocket(chord: string, socket: HTMLElement): boolean {
  const card = socket.closest<HTMLElement>("[data-card]");
  const all = [...(card?.querySelectorAll<HTMLElement>("[data-socket]") ?? [])];
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[chord];
  if (step !== undefined) {
    all[(all.indexOf(socket) + step + all.length) % all.length]?.focus();
    return true;
  }
  const path = socket.dataset.socket ?? "";
  const at = path.lastIndexOf(".");
  const end = { node: path.slice(0, at), socket: path.slice(at + 1) };
  const side = socket.dataset.side === "in" ? "in" : "out";
  if (chord === "C" || chord === "Enter" || chord === "Space") openMenu(end.node, side, end.socket);
  else if ((chord === "Delete" || chord === "Backspace") && side === "in") disconnect(end);
  else if (chord === "Escape" && card?.dataset.card) focusNode(card.dataset.card, { keep: true });
  else return false;
  return true;
}
