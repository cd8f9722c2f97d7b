/** Literal values of inputs. */

import type { Command } from "../history";
import type { Json } from "../json";
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
      if (!one) return;
      one.values[input] = value;
      delete one.links[input];
    },
    merge,
  );
}

/** Take a value away: the default holds. */
export function clearValue(scope: Scope, node: string, input: string): Command {
  return onGraph("clearValue", scope, (graph) => {
    delete graph.nodes[node]?.values[input];
  });
}
