/** Undo and redo: a document, the steps that led to it, and the steps that were taken back. */

import { type Draft, produce } from "immer";
import type { Json } from "./json";
import type { CommandName } from "./commands/names";
import { readWorkflow, writeWorkflow } from "./canonical";
import type { Workflow } from "./workflow";

export interface Command {
  readonly name: CommandName;
  /** Commands in a row with the same key are one step. */
  readonly merge?: string;
  /** Change the draft, or return another document. */
  apply(draft: Draft<Workflow>): void | Workflow;
}

export interface Patch {
  readonly path: readonly string[];
  /** What stands there afterwards; left out where nothing does. */
  readonly value?: Json;
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

export function begin(w: Workflow): History {
  return { present: w, past: [], future: [] };
}

/** The history after a command. One that changes nothing adds no step. */
export function perform(h: History, command: Command): History {
  const present = produce(h.present, (draft) => command.apply(draft) as undefined);
  return present === h.present ? h : { ...h, present };
}

export function undo(h: History): History {
  return h;
}

export function redo(h: History): History {
  return h;
}

/** End merging: the next command is a step of its own. */
export function seal(h: History): History {
  return h;
}

/** The history as text, nothing left out. */
export function writeHistory(h: History): string {
  return writeWorkflow(h.present);
}

/** The history of a text. Raises DocumentError. */
export function readHistory(text: string): History {
  return begin(readWorkflow(text));
}
