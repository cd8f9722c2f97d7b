/** Undo and redo: a document, the steps that led to it, and the steps that were taken back. */

import { type Draft, produce } from "immer";
import type { CommandName } from "./commands/names";
import type { Json } from "./json";
import { type Difference, difference, type Patch, patched } from "./patches";
import type { Workflow } from "./workflow";

export type { CommandName } from "./commands/names";
export { readHistory, salvageHistory, writeHistory } from "./history_text";
export type { Patch } from "./patches";

export interface Command {
  readonly name: CommandName;
  /** Commands in a row with the same key are one step. */
  readonly merge?: string;
  /** Whether it belongs to the step before it: undo takes both back, and redo stays possible. */
  readonly fold?: boolean;
  /** Change the draft, or return another document. */
  apply(draft: Draft<Workflow>): undefined | Workflow;
}

export interface Step {
  readonly name: CommandName;
  readonly merge?: string;
  readonly patches: readonly Patch[];
  readonly inverse: readonly Patch[];
}

export interface History {
  readonly present: Workflow;
  readonly past: readonly Step[];
  readonly future: readonly Step[];
}

export const MAX_STEPS = 500;

export function begin(w: Workflow): History {
  return { present: w, past: [], future: [] };
}

/** The history after a command. One that changes nothing adds no step. */
export function perform(h: History, command: Command): History {
  const made = produce(h.present, (draft) => command.apply(draft) as undefined);
  const change = between(h.present, made);
  if (change.patches.length === 0) return h;
  const last = h.past.at(-1);
  if (command.fold) return folded(h, last, made);
  if (last?.merge !== undefined && last.merge === command.merge) return joined(h, last, made);
  const { name, merge } = command;
  const step: Step = { name, ...(merge === undefined ? {} : { merge }), ...change };
  const past = h.past.slice(Math.max(0, h.past.length - MAX_STEPS + 1));
  return { present: made, past: [...past, step], future: [] };
}

/** One step of the last one and what came now: only what they changed in all is kept. */
function joined(h: History, last: Step, made: Workflow): History {
  const change = between(patched(h.present, last.inverse), made);
  const past = h.past.slice(0, -1);
  const kept = change.patches.length > 0 ? [...past, { ...last, ...change }] : past;
  return { present: made, past: kept, future: [] };
}

function folded(h: History, last: Step | undefined, made: Workflow): History {
  // What was taken back must stay possible to redo, whatever the present is.
  if (!last || h.future.length > 0) return { ...h, present: made };
  const change = between(patched(h.present, last.inverse), made);
  return { ...h, present: made, past: [...h.past.slice(0, -1), { ...last, ...change }] };
}

function between(before: Workflow, after: Workflow): Difference {
  return before === after ? NONE : difference(before as unknown as Json, after as unknown as Json);
}

const NONE: Difference = { patches: [], inverse: [] };

export function undo(h: History): History {
  const step = h.past.at(-1);
  if (!step) return h;
  return {
    present: patched(h.present, step.inverse),
    past: sealedLast(h.past.slice(0, -1)),
    future: [sealed(step), ...h.future],
  };
}

export function redo(h: History): History {
  const [step, ...future] = h.future;
  if (!step) return h;
  return { present: patched(h.present, step.patches), past: [...h.past, step], future };
}

/** End merging: the next command is a step of its own. */
export function seal(h: History): History {
  return h.past.at(-1)?.merge === undefined ? h : { ...h, past: sealedLast(h.past) };
}

function sealedLast(steps: readonly Step[]): readonly Step[] {
  const last = steps.at(-1);
  return last?.merge === undefined ? steps : [...steps.slice(0, -1), sealed(last)];
}

function sealed({ merge: _, ...step }: Step): Step {
  return step;
}
