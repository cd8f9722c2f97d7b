/** The value of a field as a plugin's widget sees it. */

import type { InputSpec } from "../document/catalogue";
import { type Json, sameJson } from "../document/json";
import { jsonFrom, plainOf, refusal } from "./accepts";
import type { WidgetModel } from "./contract";

export interface Bridge {
  readonly model: WidgetModel;
  /** Tell the widget of a value that came from outside. */
  receive(value: Json): void;
  close(): void;
}

interface Given {
  readonly spec: InputSpec;
  readonly value: Json;
  onChange(value: Json): void;
  onCommit(): void;
  /** A listener of the widget threw. */
  onFailure(error: unknown): void;
}

export function bridge({ spec, value, onChange, onCommit, onFailure }: Given): Bridge {
  let held = value;
  let open = true;
  const listeners = new Set<(value: unknown) => void>();
  const model: WidgetModel = {
    get: () => plainOf(held),
    set(next) {
      if (!open) return;
      const json = jsonFrom(next, spec.schema);
      const reason = refusal(json, spec.schema, spec.nullable);
      if (reason !== null) throw new TypeError(`${spec.name}: ${reason}`);
      if (sameJson(json, held)) return;
      held = json;
      onChange(json);
    },
    commit() {
      if (open) onCommit();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  return {
    model,
    receive(next) {
      if (!open || sameJson(next, held)) return;
      held = next;
      for (const listener of listeners) {
        try {
          listener(plainOf(next));
        } catch (error) {
          onFailure(error);
        }
      }
    },
    close() {
      open = false;
      listeners.clear();
    },
  };
}
