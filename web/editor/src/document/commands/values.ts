/** Literal values of inputs. */

import type { Command } from "../history";
import { Float, isJsonArray, type Json } from "../json";
import type { Scope } from "../workflow";
import { onGraph } from "./edit";

/** Write a value; a link there is replaced. Typing into one field is one step until it is sealed. */
export function setValue(scope: Scope, node: string, input: string, value: Json): Command {
  const merge = `value ${scope ?? ""} ${node}.${input}`;
  return onGraph(
    "setValue",
    scope,
    (graph) => {
      const one = graph.nodes[node];
      if (!one || !isWritable(value)) return;
      one.values[input] = value;
      delete one.links[input];
    },
    merge,
  );
}

/** Whether a file can hold a value: no JSON has a NaN. */
function isWritable(value: Json): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  if (value instanceof Float) return Number.isFinite(value.value);
  return isJsonArray(value) ? value.every(isWritable) : true;
}

/** Take a value away: the default holds. */
export function clearValue(scope: Scope, node: string, input: string): Command {
  return onGraph("clearValue", scope, (graph) => {
    delete graph.nodes[node]?.values[input];
  });
}
