/** What a misspelt name probably meant, by the measure that the engine uses (Python's difflib). */

const CUTOFF = 0.6;
const MAX_KNOWN = 5000;
const MAX_NAME = 100;

/** The known name most like the given one, or null where none is like it. */
export function closest(name: string, known: readonly string[]): string | null {
  if (known.length > MAX_KNOWN || name.length > MAX_NAME) return null;
  let best: string | null = null;
  let bestRatio = 0;
  const places = placesOf(name);
  for (const one of known) {
    // No more than twice the shorter length can match: most names are out at once.
    const bound = (2 * Math.min(one.length, name.length)) / (one.length + name.length);
    if (bound < CUTOFF || bound < bestRatio) continue;
    const ratio = (2 * matched(one, name, places)) / (one.length + name.length);
    if (ratio < CUTOFF || ratio < bestRatio) continue;
    if (ratio === bestRatio && best !== null && one <= best) continue;
    best = one;
    bestRatio = ratio;
  }
  return best;
}

type Places = ReadonlyMap<string, readonly number[]>;

function placesOf(text: string): Places {
  const places = new Map<string, number[]>();
  for (const [index, letter] of [...text].entries()) {
    const known = places.get(letter);
    if (known) known.push(index);
    else places.set(letter, [index]);
  }
  return places;
}

/** How many letters are in matching blocks (Ratcliff and Obershelp, 1988). */
function matched(a: string, b: string, places: Places): number {
  const [left, right] = [[...a], [...b]];
  const todo: [number, number, number, number][] = [[0, left.length, 0, right.length]];
  let total = 0;
  for (let span = todo.pop(); span; span = todo.pop()) {
    const [low, high, from, to] = span;
    const [i, j, size] = longest(left, low, high, from, to, places);
    if (size === 0) continue;
    total += size;
    todo.push([low, i, from, j], [i + size, high, j + size, to]);
  }
  return total;
}

/** The longest block that two spans share, the earliest in both. */
function longest(
  a: readonly string[],
  low: number,
  high: number,
  from: number,
  to: number,
  places: Places,
): [number, number, number] {
  let best: [number, number, number] = [low, from, 0];
  let ends = new Map<number, number>();
  for (let i = low; i < high; i++) {
    const now = new Map<number, number>();
    for (const j of places.get(a[i] as string) ?? []) {
      if (j < from) continue;
      if (j >= to) break;
      const size = (ends.get(j - 1) ?? 0) + 1;
      now.set(j, size);
      if (size > best[2]) best = [i - size + 1, j - size + 1, size];
    }
    ends = now;
  }
  return best;
}
