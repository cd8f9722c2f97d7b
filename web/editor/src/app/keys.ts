/** From key presses to actions, as the person set them. */

import { t } from "../i18n";
import { settings } from "../state/settings";
import { type Action, actions, begin } from "./actions";

const MAC = /Mac|iP(hone|ad|od)/.test(navigator.userAgent);
const NAMES: Readonly<Record<string, string>> = { " ": "Space", Esc: "Escape" };

/** The chord of a key press, such as "Mod+Shift+Z". */
export function chordOf(event: KeyboardEvent): string {
  const parts: string[] = [];
  if (MAC ? event.metaKey : event.ctrlKey) parts.push("Mod");
  if (MAC ? event.ctrlKey : event.metaKey) parts.push(MAC ? "Ctrl" : "Meta");
  if (event.altKey) parts.push("Alt");
  // A sign such as "?" already is what Shift makes it.
  const key = keyOf(event);
  if (event.shiftKey && (key.length > 1 || /[A-Z]/.test(key))) parts.push("Shift");
  return [...parts, key].join("+");
}

function keyOf(event: KeyboardEvent): string {
  // With Alt, a Mac types another character; the key itself is meant.
  if (event.altKey && /^Key[A-Z]$/.test(event.code)) return event.code.slice(3);
  const key = NAMES[event.key] ?? event.key;
  return key.length === 1 ? key.toUpperCase() : key;
}

export function keysOf(action: Action): readonly string[] {
  const set = settings.getState().keys[action.id] ?? action.keys ?? "";
  return set.split(" ").filter(Boolean);
}

/** A chord as people read it, with the names that are printed on their keys. */
export function shown(chord: string): string {
  const names: Readonly<Record<string, string>> = {
    Mod: MAC ? "⌘" : t("settings.key.ctrl"),
    Shift: t("settings.key.shift"),
    Space: t("settings.key.space"),
    Delete: t("settings.key.delete"),
    Enter: t("settings.key.enter"),
    ArrowLeft: "←",
    ArrowRight: "→",
    ArrowUp: "↑",
    ArrowDown: "↓",
  };
  return chord
    .split("+")
    .map((part) => names[part] ?? part)
    .join(MAC ? "" : "+");
}

/** What a key that is held down does once: a queue is full of runs before it is let go. */
const ONCE: ReadonlySet<Action["group"]> = new Set(["run", "file"]);

/** Follow the keyboard until the page is left. */
export function followKeys(): () => void {
  const hear = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.isComposing) return;
    const chord = chordOf(event);
    const found = actions().find((one) => keysOf(one).includes(chord) && applies(one, event));
    if (!found || !(found.enabled?.() ?? true)) return;
    event.preventDefault();
    if (!event.repeat || !ONCE.has(found.group)) begin(found);
  };
  window.addEventListener("keydown", hear);
  return () => window.removeEventListener("keydown", hear);
}

function applies(action: Action, event: KeyboardEvent): boolean {
  const target = event.target instanceof Element ? event.target : null;
  if (target?.closest("dialog[open]") && !action.always) return false;
  if (isTextField(target)) return action.always === true;
  return !action.canvas || target === document.body || target?.closest("[data-canvas]") !== null;
}

export function isTextField(target: Element | null): boolean {
  if (target instanceof HTMLInputElement)
    return !["checkbox", "radio", "button", "range", "color", "file"].includes(target.type);
  return (
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement ||
    (target instanceof HTMLElement && target.isContentEditable)
  );
}
