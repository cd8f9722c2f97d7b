/** Giving actions other keys: what is taken, and what is the person's own. */

import type { Action } from "../app/actions";

export type KeysByAction = Readonly<Record<string, string>>;

function chordsOf(text: string | undefined): readonly string[] {
  return (text ?? "").split(" ").filter(Boolean);
}

/** The chords of an action, as set or as usual. */
export function chordsNow(action: Action, keys: KeysByAction): readonly string[] {
  return chordsOf(keys[action.id] ?? action.keys);
}

/** The other actions that have a chord already. */
export function holdersOf(
  chord: string,
  except: string,
  actions: readonly Action[],
  keys: KeysByAction,
): readonly Action[] {
  return actions.filter((one) => one.id !== except && chordsNow(one, keys).includes(chord));
}

/** Chords that more than one action has. */
export function clashes(actions: readonly Action[], keys: KeysByAction): ReadonlySet<string> {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const one of actions)
    for (const chord of chordsNow(one, keys)) (seen.has(chord) ? twice : seen).add(chord);
  return twice;
}

/** The keys with one action's chords set. What is as usual is not written down. */
export function withChords(
  keys: KeysByAction,
  action: Action,
  chords: readonly string[],
): KeysByAction {
  const { [action.id]: _, ...rest } = keys;
  const text = [...new Set(chords)].join(" ");
  return text === chordsOf(action.keys).join(" ") ? rest : { ...rest, [action.id]: text };
}

/** The keys with a chord given to one action and taken from all others. */
export function taken(
  keys: KeysByAction,
  action: Action,
  chord: string,
  actions: readonly Action[],
): KeysByAction {
  let made = withChords(keys, action, [...chordsNow(action, keys), chord]);
  for (const other of holdersOf(chord, action.id, actions, keys)) {
    const left = chordsNow(other, made).filter((one) => one !== chord);
    made = withChords(made, other, left);
  }
  return made;
}

const MODIFIERS = new Set(["Control", "Shift", "Alt", "Meta", "AltGraph", "CapsLock"]);
/** Keys that a page needs to be used at all. */
const KEPT = new Set(["Tab", "Shift+Tab", "Enter", "Space", "Escape"]);

/** Whether a key press is no more than a modifier that is held. */
export function isModifier(key: string): boolean {
  return MODIFIERS.has(key);
}

/** Whether a chord may be given to an action. */
export function isFree(chord: string): boolean {
  return !KEPT.has(chord);
}
