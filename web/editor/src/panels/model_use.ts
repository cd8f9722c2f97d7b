/** Where a model file goes: inputs of nodes that choose from its folder. */

import {
  type Catalogue,
  type InputSpec,
  type NodeSpec,
  type Schema,
  shortId,
} from "../document/catalogue";
import type { Graph } from "../document/workflow";

function choosesFrom(schema: Schema, folder: string): boolean {
  return (
    schema["x-folder"] === folder || (schema.anyOf ?? []).some((one) => choosesFrom(one, folder))
  );
}

/** The input of a node type that takes files of a folder. */
export function fileInput(spec: NodeSpec, folder: string): InputSpec | undefined {
  return spec.inputs.find((one) => choosesFrom(one.schema, folder));
}

/** The node type that loads files of a folder: the one whose first input it is, if there is one. */
export function loaderOf(catalogue: Catalogue, folder: string): NodeSpec | undefined {
  const all = [...catalogue.nodes.values()].filter((one) => fileInput(one, folder));
  return all.find((one) => one.inputs[0] === fileInput(one, folder)) ?? all[0];
}

export interface Use {
  /** Nodes whose value is set. */
  readonly set: readonly { readonly node: string; readonly input: string }[];
  /** The type to add where none of the chosen nodes takes such a file. */
  readonly add: { readonly type: string; readonly input: string } | null;
}

/** What becomes of a file of a folder when it is used, with some nodes chosen. */
export function placesFor(
  catalogue: Catalogue,
  graph: Graph,
  chosen: Iterable<string>,
  folder: string,
): Use {
  const set = [...chosen].flatMap((node) => {
    const type = graph.nodes[node]?.type;
    const spec = type === undefined ? undefined : catalogue.get(type);
    const input = spec && fileInput(spec, folder)?.name;
    return input ? [{ node, input }] : [];
  });
  if (set.length > 0) return { set, add: null };
  const loader = loaderOf(catalogue, folder);
  const input = loader && fileInput(loader, folder)?.name;
  return { set, add: loader && input ? { type: shortId(loader.id), input } : null };
}
