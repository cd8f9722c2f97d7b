/** The menu of actions under the right button or the menu key. */

import { useEffect, useRef } from "react";
import { useStore } from "zustand";
import { type Action, action, begin } from "../app/actions";
import { keysOf, shown } from "../app/keys";
import { useT } from "../i18n";
import { contextMenu } from "./context_menu";

const MENUS = {
  node: [
    "run.here",
    "-",
    "edit.copy",
    "edit.cut",
    "edit.duplicate",
    "edit.delete",
    "-",
    "graph.rename",
    "graph.mute",
    "graph.bypass",
    "graph.collapse",
    "graph.group",
    "-",
    "graph.subgraph",
    "graph.enter",
    "graph.expand",
    "view.inspector",
  ],
  link: ["graph.reroute", "graph.disconnect"],
  canvas: [
    "graph.search",
    "graph.note",
    "edit.paste",
    "-",
    "graph.layout",
    "view.fit",
    "edit.all",
    "-",
    "edit.undo",
    "edit.redo",
  ],
} as const;

export function ContextMenu() {
  const { screen, on } = useStore(contextMenu);
  return screen ? <Menu key={`${screen.x},${screen.y}`} screen={screen} on={on} /> : null;
}

function Menu({ screen, on }: { screen: { x: number; y: number }; on: keyof typeof MENUS }) {
  const t = useT();
  const menu = useRef<HTMLDivElement>(null);
  const before = useRef(document.activeElement);
  const close = () => {
    contextMenu.setState({ screen: null });
    if (before.current instanceof HTMLElement) before.current.focus({ preventScroll: true });
  };
  useEffect(() => {
    menu.current?.querySelector<HTMLElement>("button:not(:disabled)")?.focus();
    const outside = (event: PointerEvent) => {
      if (!menu.current?.contains(event.target as Node)) contextMenu.setState({ screen: null });
    };
    window.addEventListener("pointerdown", outside, true);
    return () => window.removeEventListener("pointerdown", outside, true);
  }, []);
  const move = (step: number) => {
    const items = [...(menu.current?.querySelectorAll<HTMLElement>("button:not(:disabled)") ?? [])];
    const at = items.indexOf(document.activeElement as HTMLElement);
    items[(at + step + items.length) % items.length]?.focus();
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    event.stopPropagation();
    if (event.key === "ArrowDown") move(1);
    else if (event.key === "ArrowUp") move(-1);
    else if (event.key === "Escape" || event.key === "Tab") close();
    else return;
    event.preventDefault();
  };
  const items = entries(on);
  const height = items.length * 28;
  const style = {
    left: Math.max(4, Math.min(screen.x, window.innerWidth - 264)),
    top: Math.max(4, Math.min(screen.y, window.innerHeight - height - 24)),
  };
  return (
    <div
      ref={menu}
      className="context-menu"
      role="menu"
      tabIndex={-1}
      style={style}
      onKeyDown={onKeyDown}
    >
      {items.map((one, index) =>
        one === "-" ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: a rule has nothing else
          <hr key={index} />
        ) : (
          <button
            key={one.id}
            type="button"
            role="menuitem"
            disabled={one.enabled?.() === false}
            onClick={() => {
              close();
              begin(one);
            }}
          >
            <span>{t(one.label)}</span>
            <kbd>{shown(keysOf(one)[0] ?? "")}</kbd>
          </button>
        ),
      )}
    </div>
  );
}

/** The actions of a menu that can be done now, without rules where nothing is left between. */
function entries(on: keyof typeof MENUS): readonly (Action | "-")[] {
  const found: (Action | "-")[] = [];
  for (const id of MENUS[on]) {
    if (id === "-") {
      if (found.length > 0 && found.at(-1) !== "-") found.push("-");
      continue;
    }
    const one = action(id);
    if (one && one.enabled?.() !== false) found.push(one);
  }
  return found.at(-1) === "-" ? found.slice(0, -1) : found;
}
