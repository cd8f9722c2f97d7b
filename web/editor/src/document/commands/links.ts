/** Making, moving and taking away links. */

import type { Command } from "../history";
import type { Endpoint, Scope } from "../workflow";

/** Link an output to an input. A link or a value that was there is replaced. */
export function connect(_scope: Scope, _from: Endpoint, _to: Endpoint): Command {
  return { name: "connect", apply: () => undefined };
}

/** Take away the link that ends at an input. */
export function disconnect(_scope: Scope, _to: Endpoint): Command {
  return { name: "disconnect", apply: () => undefined };
}

/** Move one end of the link that ends at `old` to another input, or to another output. */
export function moveLinkEnd(
  _scope: Scope,
  _old: Endpoint,
  _end: { readonly to: Endpoint } | { readonly from: Endpoint },
): Command {
  return { name: "moveLinkEnd", apply: () => undefined };
}
