/** The widgets that plugins bring: loaded from the server when one is first drawn. */

import { fetchWidgets } from "../api/client";
import type { WidgetModule } from "../widgets/contract";

let listed: Promise<Readonly<Record<string, string>>> | null = null;
const loaded = new Map<string, Promise<WidgetModule>>();
const urls = new Map<string, string>();

/** Where a widget's module came from, once it was loaded. */
export function pluginWidgetUrl(name: string): string | undefined {
  return urls.get(name);
}

/** The module of "plugin/widget". Rejects where there is none, or where it cannot be loaded. */
export function pluginWidget(name: string): Promise<WidgetModule> {
  const known = loaded.get(name);
  if (known) return known;
  const loading = load(name);
  loaded.set(name, loading);
  // A failed load may be tried again: the plugin may be installed meanwhile.
  loading.catch(() => {
    loaded.delete(name);
    listed = null;
  });
  return loading;
}

async function load(name: string): Promise<WidgetModule> {
  listed ??= fetchWidgets();
  const url = (await listed)[name];
  if (url === undefined) throw new Error(`no plugin offers the widget ${name}`);
  urls.set(name, url);
  const module = (await import(/* @vite-ignore */ url)) as { default: WidgetModule };
  return module.default;
}
