/**
 * Everything a person can do, by name: the keys, the command palette, menus and the list of
 * shortcuts are made of this one table.
 */

import type { MessageKey } from "../i18n";
import { attempt } from "../panels/attempt";

export interface Action {
  readonly id: string;
  readonly label: MessageKey;
  readonly group: "file" | "edit" | "view" | "graph" | "run";
  /** Such as "Mod+Shift+Z"; Mod is Cmd on a Mac and Ctrl elsewhere. Several by a space. */
  readonly keys?: string;
  /** Whether it works only while the canvas has the focus. */
  readonly canvas?: boolean;
  /** Whether its keys work while a text is edited. */
  readonly always?: boolean;
  enabled?(): boolean;
  run(): void | Promise<void>;
}

const known = new Map<string, Action>();

/** Add actions to the table. An id is given once. */
export function register(actions: readonly Action[]): void {
  for (const one of actions) known.set(one.id, one);
}

export function actions(): readonly Action[] {
  return [...known.values()];
}

export function action(id: string): Action | undefined {
  return known.get(id);
}

/** Do it, where it can be done now. */
export function perform(id: string): void {
  const one = known.get(id);
  if (one && (one.enabled?.() ?? true)) begin(one);
}

/** Begin to do it. Where it fails, the person is told why. */
export function begin(one: Action): void {
  void attempt(async () => one.run());
}
