/** Giving inner sockets names that the outside knows: parameters, and what a subgraph takes. */

import type { Catalogue } from "../../document/catalogue";
import * as commands from "../../document/commands";
import type { Command } from "../../document/history";
import { type Listed, orderIn } from "../../document/listed";
import { badName } from "../../document/reading";
import {
  exposeInput,
  exposeOutput,
  hideInput,
  hideOutput,
  renameInput,
  renameOutput,
} from "../../document/subgraphs";
import {
  EMPTY,
  type Endpoint,
  formatLink,
  graphIn,
  type Scope,
  targetsOf,
  type View,
  type Workflow,
} from "../../document/workflow";
import { t } from "../../i18n";
import { activeTab, run, sealStep } from "../../state/tabs";

/** The names of a graph's own sockets, and what each leads to. */
export function namesIn(
  w: Workflow,
  scope: Scope,
  listed: Listed,
): Readonly<Record<string, string | readonly string[]>> {
  if (scope === null) return listed === "parameters" ? w.parameters : {};
  const inner = w.subgraphs[scope];
  return (listed === "outputs" ? inner?.outputs : inner?.inputs) ?? {};
}

/** The name under which an inner input or output is known outside, or null. */
export function exposedAs(
  w: Workflow,
  scope: Scope,
  listed: Listed,
  inner: Endpoint,
): string | null {
  const text = formatLink(inner);
  const names = namesIn(w, scope, listed);
  return Object.keys(names).find((name) => targetsOf(names[name] ?? []).includes(text)) ?? null;
}

export function expose(w: Workflow, scope: Scope, listed: Listed, inner: Endpoint): void {
  const target = formatLink(inner);
  if (scope === null) step(commands.setParameter(commands.freeParameter(w, target), target));
  else step(listed === "outputs" ? exposeOutput(scope, inner) : exposeInput(scope, inner));
}

export function hide(scope: Scope, listed: Listed, name: string): void {
  if (scope === null) step(commands.removeParameter(name));
  else step(listed === "outputs" ? hideOutput(scope, name) : hideInput(scope, name));
}

/** Give it another name; the list keeps its order. */
export function rename(
  scope: Scope,
  listed: Listed,
  name: string,
  to: string,
  catalogue: Catalogue,
): void {
  const order = orderIn(viewOf(scope), listed);
  if (scope === null) run(commands.renameParameter(name, to));
  else if (listed === "outputs") run(renameOutput(scope, name, to));
  else run(renameInput(scope, name, to, catalogue));
  // It stays where it is in the list; that is part of the same step.
  const now = order.map((one) => (one === name ? to : one));
  if (order.includes(name)) run({ ...commands.orderNames(scope, listed, now), fold: true });
  sealStep();
}

function viewOf(scope: Scope): View {
  return graphIn(activeTab()?.history.present ?? EMPTY, scope)?.view ?? {};
}

/** Show the names in an order. */
export function order(scope: Scope, listed: Listed, names: readonly string[]): void {
  step(commands.orderNames(scope, listed, names));
}

/** Why a name cannot be had, in words, or null. */
export function nameRefusal(
  w: Workflow,
  scope: Scope,
  listed: Listed,
  name: string,
): string | null {
  const bad = badName(name);
  if (bad) return t(`document.name.${bad}`);
  return name in namesIn(w, scope, listed) ? t("document.name.taken") : null;
}

function step(command: Command): void {
  run(command);
  sealStep();
}
