/** Every socket that fits, by name: how the keyboard makes a link. */

import { useEffect, useMemo, useRef, useState } from "react";
import { useStore } from "zustand";
import { colourClass } from "../document/kinds";
import { socketsOf } from "../document/sockets";
import { type Endpoint, parseLink } from "../document/workflow";
import { useT } from "../i18n";
import { focusSocket } from "./focus";
import { gesture } from "./gesture";
import { compatible, disconnect, dropOnCanvas, kindOf, link } from "./linking";
import { model } from "./model";

interface Choice {
  readonly key: string;
  readonly label: string;
  readonly kind: string;
  choose(): void;
}

export function ConnectMenu() {
  const menu = useStore(gesture, (state) => state.menu);
  return menu ? <Menu key={`${menu.end.node}.${menu.end.socket}`} {...menu} /> : null;
}

function Menu({ end, side }: { end: Endpoint; side: "in" | "out" }) {
  const t = useT();
  const choices = useChoices(end, side);
  const [active, setActive] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const place = useMemo(() => placeBeside(end, side), [end, side]);
  useEffect(() => list.current?.focus(), []);
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  });
  const close = () => {
    gesture.setState({ menu: null });
    focusSocket(end, side);
  };
  const choose = (index: number) => {
    const one = choices[index];
    close();
    one?.choose();
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    event.stopPropagation();
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 };
    const step = steps[event.key];
    if (step !== undefined) setActive((old) => (old + step + choices.length) % choices.length);
    else if (event.key === "Home") setActive(0);
    else if (event.key === "End") setActive(choices.length - 1);
    else if (event.key === "Enter" || event.key === " ") choose(active);
    else if (event.key === "Escape" || event.key === "Tab") close();
    else return typeAhead(event.key, choices, active, setActive);
    event.preventDefault();
  };
  const title = t("canvas.menu.title", { name: end.socket });
  return (
    <div className="connect-menu" style={place}>
      <p className="connect-menu-title" id="connect-menu-title">
        {title}
      </p>
      <div
        ref={list}
        role="listbox"
        tabIndex={0}
        aria-labelledby="connect-menu-title"
        aria-activedescendant={`connect-${active}`}
        onKeyDown={onKeyDown}
        onBlur={() => gesture.setState({ menu: null })}
      >
        {choices.map((one, index) => (
          <div
            key={one.key}
            data-choice={one.key}
            id={`connect-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === active}
            className={`connect-menu-item kind-${colourClass(one.kind)}`}
            onMouseDown={(event) => event.preventDefault()}
            onMouseEnter={() => setActive(index)}
            onClick={() => choose(index)}
          >
            <span className="kind-mark" />
            {one.label}
          </div>
        ))}
      </div>
    </div>
  );
}

function useChoices(end: Endpoint, side: "in" | "out"): readonly Choice[] {
  const t = useT();
  return useMemo(() => {
    const { workflow, scope, catalogue, graph } = model.getState();
    const choices: Choice[] = compatible(end, side).map((other) => {
      const { title } = socketsOf(workflow, scope, other.node, catalogue);
      return {
        key: `${other.node}.${other.socket}`,
        label: `${title} · ${other.socket}`,
        kind: kindOf(other, side === "out" ? "in" : "out"),
        choose: () => link(end, side, other, { x: 100, y: 100 }),
      };
    });
    const source = side === "in" ? parseLink(graph.nodes[end.node]?.links[end.socket] ?? "") : null;
    if (source)
      choices.unshift({
        key: "disconnect",
        label: t("canvas.menu.disconnect", {
          from: socketsOf(workflow, scope, source.node, catalogue).title,
        }),
        kind: kindOf(end, side),
        choose: () => disconnect(end),
      });
    choices.push({
      key: "add",
      label: t("canvas.menu.add"),
      kind: kindOf(end, side),
      choose: () => dropOnCanvas(end, side, screenBeside(end, side)),
    });
    return choices;
  }, [end, side, t]);
}

function typeAhead(
  key: string,
  choices: readonly Choice[],
  active: number,
  setActive: (index: number) => void,
): void {
  if (key.length !== 1) return;
  const order = choices.map((_, index) => (active + 1 + index) % choices.length);
  const found = order.find((index) =>
    choices[index]?.label.toLowerCase().startsWith(key.toLowerCase()),
  );
  if (found !== undefined) setActive(found);
}

function screenBeside(end: Endpoint, side: "in" | "out"): { x: number; y: number } {
  const socket = socketElement(end, side)?.getBoundingClientRect();
  return socket ? { x: socket.right + 8, y: socket.top } : { x: 200, y: 200 };
}

function placeBeside(end: Endpoint, side: "in" | "out"): { left: number; top: number } {
  const { x, y } = screenBeside(end, side);
  return {
    left: Math.max(8, Math.min(x, window.innerWidth - 288)),
    top: Math.max(8, Math.min(y, window.innerHeight - 320)),
  };
}

function socketElement({ node, socket }: Endpoint, side: "in" | "out"): HTMLElement | null {
  const key = CSS.escape(`${node}.${socket}`);
  return document.querySelector(`[data-socket="${key}"][data-side="${side}"]`);
}
