/** Finding the cycles of a graph that should have none. */

import { byCodePoint } from "./order";

type Needs = ReadonlyMap<string, readonly string[]>;

/**
 * For every set of nodes that need each other one shortest cycle through its first node. A cycle
 * goes from each node to one that needs it and ends with the node it began with.
 */
export function cyclesOf(sources: Needs): readonly (readonly string[])[] {
  const neededBy = new Map<string, string[]>([...sources.keys()].map((id) => [id, []]));
  for (const [id, from] of sources)
    for (const source of new Set(from)) neededBy.get(source)?.push(id);
  const found: (readonly string[])[] = [];
  for (const component of components(neededBy)) {
    const [first = ""] = [...component].sort(byCodePoint);
    if (component.size > 1 || neededBy.get(first)?.includes(first))
      found.push(around(first, component, neededBy));
  }
  return found;
}

/** The shortest way from a node back to itself. */
function around(first: string, component: ReadonlySet<string>, neededBy: Needs): readonly string[] {
  const cameFrom = new Map<string, string>();
  const queue = [first];
  for (const id of queue) {
    if (cameFrom.has(first)) break;
    for (const consumer of neededBy.get(id) ?? []) {
      if (!component.has(consumer) || cameFrom.has(consumer)) continue;
      cameFrom.set(consumer, id);
      queue.push(consumer);
    }
  }
  const way = [first];
  for (let id = cameFrom.get(first); id !== undefined && id !== first; id = cameFrom.get(id))
    way.push(id);
  return [...way, first].reverse();
}

/** The strongly connected components (Tarjan 1972), without recursion: graphs are deep. */
function components(neededBy: Needs): readonly ReadonlySet<string>[] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const onStack = new Set<string>();
  const found: Set<string>[] = [];
  const enter = (id: string) => {
    index.set(id, index.size);
    low.set(id, index.size - 1);
    stack.push(id);
    onStack.add(id);
    return { id, rest: (neededBy.get(id) ?? []).values() };
  };
  const lower = (id: string, to: number) => low.set(id, Math.min(low.get(id) ?? to, to));
  for (const root of neededBy.keys()) {
    if (index.has(root)) continue;
    const todo = [enter(root)];
    for (let top = todo.at(-1); top; top = todo.at(-1)) {
      const next = top.rest.next();
      if (!next.done) {
        if (!index.has(next.value)) todo.push(enter(next.value));
        else if (onStack.has(next.value)) lower(top.id, index.get(next.value) as number);
        continue;
      }
      todo.pop();
      const parent = todo.at(-1);
      if (parent) lower(parent.id, low.get(top.id) as number);
      if (low.get(top.id) === index.get(top.id)) found.push(popped(top.id, stack, onStack));
    }
  }
  return found;
}

function popped(root: string, stack: string[], onStack: Set<string>): Set<string> {
  const component = new Set<string>();
  while (!component.has(root)) {
    const id = stack.pop() as string;
    onStack.delete(id);
    component.add(id);
  }
  return component;
}
