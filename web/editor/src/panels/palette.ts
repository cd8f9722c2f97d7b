/** Everything that the command palette offers, in one list. */

import { actions, begin } from "../app/actions";
import { keysOf } from "../app/keys";
import { t } from "../i18n";
import { library } from "../state/library";
import { activateTab, tabs } from "../state/tabs";
import { ranked } from "./fuzzy";
import type { IconName } from "./ui/icons";
import { open, openTemplate } from "./workflows";

export interface Offer {
  readonly key: string;
  readonly title: string;
  readonly kind: "action" | "tab" | "workflow" | "template";
  readonly icon: IconName;
  readonly chord?: string;
  run(): void;
}

const OWN = "view.commands";
const MOST = 80;

/** What can be done now: other open tabs, actions, saved workflows, templates. */
export function offers(): readonly Offer[] {
  const { tabs: all, active } = tabs.getState();
  const named = new Set(all.map((one) => one.name));
  const { workflows, templates } = library.getState();
  return [
    ...all
      .filter((one) => one.id !== active)
      .map(
        (one): Offer => ({
          key: `tab ${one.id}`,
          title: one.title,
          kind: "tab",
          icon: "file",
          run: () => activateTab(one.id),
        }),
      ),
    ...actions()
      .filter((one) => one.id !== OWN && (one.enabled?.() ?? true))
      .map((one): Offer => {
        const [chord] = keysOf(one);
        return {
          key: one.id,
          title: t(one.label),
          kind: "action",
          icon: "command",
          ...(chord ? { chord } : {}),
          run: () => begin(one),
        };
      }),
    ...(workflows ?? [])
      .filter((one) => !named.has(one.name))
      .map(
        (one): Offer => ({
          key: `workflow ${one.name}`,
          title: one.name,
          kind: "workflow",
          icon: "workflows",
          run: () => void open(one.name),
        }),
      ),
    ...(templates ?? []).map(
      (one): Offer => ({
        key: `template ${one.name}`,
        title: one.title,
        kind: "template",
        icon: "templates",
        run: () => void openTemplate(one),
      }),
    ),
  ];
}

export interface Found {
  readonly offer: Offer;
  /** Which letters of the title matched. */
  readonly at: ReadonlySet<number>;
}

export function findOffers(query: string, all: readonly Offer[]): readonly Found[] {
  return ranked(query, all, (one) => one.title)
    .slice(0, MOST)
    .map(({ one, at }) => ({ offer: one, at: new Set(at) }));
}
