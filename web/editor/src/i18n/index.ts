/** Every text of the editor, by key, in every language. A missing translation does not compile. */

import { useSyncExternalStore } from "react";
import { en } from "./en";

export type MessageKey = keyof typeof en;
export type Language = "en" | "de";
export type Messages = Readonly<Record<MessageKey, string>>;
export const LANGUAGES: Readonly<Record<Language, string>> = { en: "English", de: "Deutsch" };

/** Loaded when they are chosen; English is always there. */
const LOADERS: Readonly<Record<Language, () => Promise<Messages>>> = {
  en: async () => en,
  de: async () => (await import("./de")).de,
};
let current: Language = "en";
let texts: Messages = en;
let wanted: Language = "en";
const listeners = new Set<() => void>();

export function language(): Language {
  return current;
}

/** Show another language, as soon as its texts are here. */
export async function setLanguage(next: Language): Promise<void> {
  wanted = next;
  if (next === current) return;
  const found = await LOADERS[next]();
  if (wanted !== next) return;
  current = next;
  texts = found;
  document.documentElement.lang = next;
  for (const listener of listeners) listener();
}

/**
 * The text of a key, with `{name}` filled in. `{count|one node|# nodes}` picks by number: the first
 * form for one, the other for all else, with # as the number.
 */
export function t(key: MessageKey, values: Readonly<Record<string, string | number>> = {}): string {
  return texts[key].replace(/\{(\w+)(?:\|([^|}]*)\|([^}]*))?\}/g, (_, name, one, other) => {
    const value = values[name] ?? "";
    if (one === undefined) return format(value);
    return (value === 1 ? one : other).replace("#", format(value));
  });
}

function format(value: string | number): string {
  return typeof value === "number" ? value.toLocaleString(current) : value;
}

/** `t`, in a component that is drawn again when the language changes. */
export function useT(): typeof t {
  useSyncExternalStore(subscribe, language);
  return t;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
