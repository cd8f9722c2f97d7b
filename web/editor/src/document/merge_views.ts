/** Joining two layouts: nobody is asked about where things stand; what both moved stays as mine. */

import { sameJson } from "./json";
import { emptyRecord, isJsonObject, type Json } from "./value";
import { parseTarget, type View } from "./workflow";

const BY_NODE = ["nodes", "widths", "seeds"];
const BY_ID = ["groups", "notes"];
const MARKS = ["collapsed", "expanded"];

/** exists: whether a node is in the joined graph; the layout of others is dropped. */
export function mergeViews(
  base: View,
  mine: View,
  theirs: View,
  exists: (id: string) => boolean,
): View {
  const made = emptyRecord<Json>();
  for (const key of new Set([mine, theirs].flatMap((one) => Object.keys(one)))) {
    const [b, m, t] = [base[key], mine[key], theirs[key]] as (Json | undefined)[];
    const one = bothChanged(b, m, t) ? joined(key, b, m, t, exists) : changed(b, m, t);
    if (one !== undefined) made[key] = one;
  }
  return made as View;
}

type Versions = [base: Json | undefined, mine: Json | undefined, theirs: Json | undefined];

function bothChanged(...[base, mine, theirs]: Versions): boolean {
  return !sameJson(base, mine) && !sameJson(base, theirs) && !sameJson(mine, theirs);
}

function changed(...[base, mine, theirs]: Versions): Json | undefined {
  return sameJson(base, mine) ? theirs : mine;
}

function joined(
  key: string,
  base: Json | undefined,
  mine: Json | undefined,
  theirs: Json | undefined,
  exists: (id: string) => boolean,
): Json | undefined {
  if (BY_NODE.includes(key)) {
    const known = (name: string) => exists(name) || exists(parseTarget(name)?.node ?? "");
    return joinMaps(base, mine, theirs, known);
  }
  if (BY_ID.includes(key)) return joinBoxes(base, mine, theirs);
  return MARKS.includes(key) ? joinMarks(base, mine, theirs, exists) : mine;
}

function joinMaps(
  base: Json | undefined,
  mine: Json | undefined,
  theirs: Json | undefined,
  known: (name: string) => boolean,
): Json {
  const [b = {}, m = {}, t = {}] = [base, mine, theirs].map((one) =>
    isJsonObject(one) ? one : {},
  );
  const made = emptyRecord<Json>();
  for (const name of new Set([...Object.keys(m), ...Object.keys(t)])) {
    const one = changed(b[name], m[name], t[name]);
    if (one !== undefined && known(name)) made[name] = one;
  }
  return made;
}

type Boxes = readonly { readonly id: string }[];

function joinBoxes(...versions: Versions): Json {
  const [b = [], m = [], t = []] = versions.map((one) => (one ?? []) as unknown as Boxes);
  const find = (list: Boxes, id: string) => list.find((one) => one.id === id) as Json | undefined;
  const ids = new Set([...m, ...t].map((one) => one.id));
  return [...ids].flatMap((id) => changed(find(b, id), find(m, id), find(t, id)) ?? []);
}

function joinMarks(
  base: Json | undefined,
  mine: Json | undefined,
  theirs: Json | undefined,
  exists: (id: string) => boolean,
): Json {
  const lists = [base, mine, theirs].map((one) => (one ?? []) as readonly string[]);
  const [b = [], m = [], t = []] = lists;
  const marked = (id: string) => (m.includes(id) === b.includes(id) ? t : m).includes(id);
  return [...new Set([...m, ...t])].filter((id) => exists(id) && marked(id));
}
