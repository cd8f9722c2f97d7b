/** A parameter as the form shows it: the input it sets first, and all that it sets. */

import type { Catalogue } from "../../document/catalogue";
import * as commands from "../../document/commands";
import type { Command } from "../../document/history";
import type { Json } from "../../document/json";
import { inputOf, type Socket, socketsOf } from "../../document/sockets";
import {
  type Endpoint,
  type NodeDocument,
  parseTarget,
  targetsOf,
  type Workflow,
} from "../../document/workflow";

export interface Parameter {
  readonly name: string;
  readonly targets: readonly Endpoint[];
  readonly first: Endpoint;
  readonly node: NodeDocument;
  readonly input: Socket;
}

/** null where it leads to nothing that is there. */
export function parameterIn(w: Workflow, name: string, catalogue: Catalogue): Parameter | null {
  const targets = targetsOf(w.parameters[name] ?? [])
    .map(parseTarget)
    .filter((one): one is Endpoint => one !== null && one.node in w.nodes);
  const [first] = targets;
  const node = first && w.nodes[first.node];
  const input = first && inputOf(socketsOf(w, null, first.node, catalogue), first.socket);
  return first && node && input ? { name, targets, first, node, input } : null;
}

/** Set all that it sets, as one step. undefined brings the default back. */
export function setting(targets: readonly Endpoint[], value: Json | undefined): readonly Command[] {
  return targets.map(({ node, socket }, index) => {
    const command =
      value === undefined
        ? commands.clearValue(null, node, socket)
        : commands.setValue(null, node, socket, value);
    return index > 0 ? { ...command, fold: true } : command;
  });
}

/** "Guidance scale" of "guidance_scale". */
export function labelOf(name: string): string {
  const words = name.replaceAll("_", " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
