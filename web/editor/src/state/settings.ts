/** What a person chose for this browser. */

import { useStore } from "zustand";
import { createStore } from "zustand/vanilla";
import { LANGUAGES, type Language, setLanguage } from "../i18n";

export interface Settings {
  readonly theme: "system" | "dark" | "light";
  readonly language: Language;
  /** Keys by action, where they are not the usual ones. "" for none. */
  readonly keys: Readonly<Record<string, string>>;
  /** How often a node type was added, for the order of the search. */
  readonly usage: Readonly<Record<string, number>>;
  readonly snap: boolean;
  /** How ended jobs are listed. */
  readonly history: "grid" | "list";
  readonly panelWidth: number;
  readonly inspectorWidth: number;
}

const STORED = "weft.settings";

function usual(): Settings {
  const wanted = navigator.language.slice(0, 2);
  return {
    theme: "system",
    language: wanted in LANGUAGES ? (wanted as Language) : "en",
    keys: {},
    usage: {},
    snap: true,
    history: "grid",
    panelWidth: 280,
    inspectorWidth: 320,
  };
}

export const settings = createStore<Settings>(() => ({ ...usual(), ...stored() }));

function stored(): Partial<Settings> {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(STORED) ?? "{}");
    return typeof found === "object" && found !== null ? (found as Partial<Settings>) : {};
  } catch {
    return {};
  }
}

function keep(now: Settings): void {
  try {
    localStorage.setItem(STORED, JSON.stringify(now));
  } catch {
    // A browser that stores nothing has them for as long as the page is there.
  }
}

/** Apply the settings to the page, now and after every change, and keep them. */
export async function applySettings(): Promise<void> {
  const light = window.matchMedia("(prefers-color-scheme: light)");
  const apply = async () => {
    const now = settings.getState();
    const theme = now.theme === "system" ? (light.matches ? "light" : "dark") : now.theme;
    document.documentElement.dataset.theme = theme;
    await setLanguage(now.language in LANGUAGES ? now.language : "en");
  };
  // Whoever draws by the theme hears of it as of any other setting.
  light.addEventListener("change", () => settings.setState({}));
  let heard = false;
  settings.subscribe((now) => {
    void apply();
    if (!heard) keep(now);
  });
  // What another window chose holds here too, or this one would write its own older choice over it.
  window.addEventListener("storage", ({ key }) => {
    if (key !== STORED) return;
    heard = true;
    settings.setState(stored());
    heard = false;
  });
  await apply();
}

/** The theme that is shown. */
export function shownTheme(): "dark" | "light" {
  return document.documentElement.dataset.theme === "light" ? "light" : "dark";
}

export function useTheme(): "dark" | "light" {
  return useStore(settings, shownTheme);
}

export function countUse(type: string): void {
  settings.setState(({ usage }) => ({ usage: { ...usage, [type]: (usage[type] ?? 0) + 1 } }));
}
