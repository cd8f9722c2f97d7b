/** What is wrong with a node by itself: names and literals that its type does not have or allow. */

import { inputSpec, type NodeSpec } from "./catalogue";
import type { FlatNode, Values } from "./flat";
import { allowsLiteral } from "./literals";
import type { ProblemCode } from "./problems";
import { emptyRecord, type Json } from "./value";
import type { Incoming } from "./wires";

export type Fault = readonly [code: ProblemCode, input: string];

interface KnownFaults {
  readonly spec: NodeSpec;
  readonly links: Incoming;
  readonly faults: readonly Fault[];
}

const known = new WeakMap<Values, KnownFaults>();

/** What is wrong with the names and values of a node. Kept for as long as the node is the same. */
export function faultsOf(spec: NodeSpec, { values, links }: FlatNode): readonly Fault[] {
  const found = known.get(values);
  if (found?.spec === spec && found.links === links) return found.faults;
  const linked = emptyRecord<true>();
  for (const [input] of links) linked[input] = true;
  const faults = [
    ...nameFaults(spec, values, linked),
    ...valueFaults(spec, values),
    ...inputFaults(spec, values, linked),
  ];
  known.set(values, { spec, links, faults });
  return faults;
}

type Linked = Readonly<Record<string, true>>;

function nameFaults(spec: NodeSpec, values: Values, linked: Linked): readonly Fault[] {
  const faults: Fault[] = [];
  for (const name of Object.keys({ ...values, ...linked })) {
    if (spec.extra === null && !inputSpec(spec, name)) faults.push(["noSuchInput", name]);
    else if (name in values && name in linked) faults.push(["valueAndLink", name]);
  }
  return faults;
}

function valueFaults(spec: NodeSpec, values: Values): readonly Fault[] {
  const faults: Fault[] = [];
  for (const name of Object.keys(values)) {
    const one = inputSpec(spec, name);
    if (!one || allowsLiteral(one, values[name] as Json)) continue;
    faults.push([Object.keys(one.schema).length > 0 ? "wrongValue" : "takesNoValue", name]);
  }
  // Beside inputs of any name the engine takes a literal where it would else take only a link.
  const isLoose = ([, name]: Fault) => {
    const one = inputSpec(spec, name);
    return one !== undefined && Object.keys(one.schema).length === 0 && !one.nullable;
  };
  return spec.extra !== null && faults.every(isLoose) ? [] : faults;
}

function inputFaults(spec: NodeSpec, values: Values, linked: Linked): readonly Fault[] {
  const faults: Fault[] = [];
  for (const one of spec.inputs) {
    if (one.name in linked) continue;
    const value = values[one.name];
    if (value === undefined && one.required) faults.push(["missing", one.name]);
    if (one.kind === "float" && typeof value === "bigint" && !Number.isFinite(Number(value)))
      faults.push(["tooLarge", one.name]);
  }
  return faults;
}
