/** How well a few letters match a name, and which letters of the name they are. */

export type Range = readonly [start: number, end: number];

export interface Match {
  readonly score: number;
  readonly ranges: readonly Range[];
}

const WORD_START = 8;
const RUN = 5;
const LETTER = 1;
const GAP = 0.2;
const WHOLE = 40;
const PREFIX = 20;
const PART = 2;

/** Every word of the query must be in the name: as it stands, or letter by letter in order. */
export function matchOf(query: string, name: string): Match | null {
  const words = query
    .toLowerCase()
    .split(/[\s._:]+/)
    .filter(Boolean);
  const ranges: Range[] = [];
  let score = 0;
  for (const word of words) {
    const found = wordMatch(word, name);
    if (!found) return null;
    score += found.score;
    ranges.push(...found.ranges);
  }
  if (name.toLowerCase() === query.toLowerCase()) score += WHOLE;
  // Of two names that match alike, the shorter one is more of what was typed.
  return { score: score - name.length * GAP, ranges: merged(ranges) };
}

function wordMatch(word: string, name: string): Match | null {
  const lower = name.toLowerCase();
  const at = bestPlace(word, lower, name);
  if (at >= 0) {
    const bonus = at === 0 ? PREFIX : isStart(name, at) ? PREFIX - 4 : PART;
    return { score: word.length * RUN + bonus, ranges: [[at, at + word.length]] };
  }
  return letterMatch(word, lower, name);
}

/** Where a word stands in a name, at the beginning of one of its words if it does anywhere. */
function bestPlace(word: string, lower: string, name: string): number {
  let first = -1;
  for (let at = lower.indexOf(word); at >= 0; at = lower.indexOf(word, at + 1)) {
    if (isStart(name, at)) return at;
    if (first < 0) first = at;
  }
  return first;
}

function isStart(name: string, at: number): boolean {
  return at === 0 || /[\s._:/-]/.test(name[at - 1] ?? "");
}

/** The letters one after the other, each at the beginning of a word where it can be. */
function letterMatch(word: string, lower: string, name: string): Match | null {
  const ranges: Range[] = [];
  let score = 0;
  let from = 0;
  for (const letter of word) {
    let at = lower.indexOf(letter, from);
    if (at < 0) return null;
    for (let next = at; next >= 0; next = lower.indexOf(letter, next + 1))
      if (next === from || isStart(name, next)) {
        if (remains(word, letter, lower, next)) at = next;
        break;
      }
    score += isStart(name, at) ? WORD_START : at === from && from > 0 ? RUN : LETTER;
    ranges.push([at, at + 1]);
    from = at + 1;
  }
  // Letters that are scattered all over match by chance.
  return score >= word.length * 2 ? { score, ranges: merged(ranges) } : null;
}

/** Whether the letters after one can still follow behind a place. */
function remains(word: string, letter: string, lower: string, at: number): boolean {
  let from = at + 1;
  for (const next of word.slice(word.indexOf(letter) + 1)) {
    from = lower.indexOf(next, from) + 1;
    if (from === 0) return false;
  }
  return true;
}

function merged(ranges: readonly Range[]): readonly Range[] {
  const sorted = [...ranges].sort((a, b) => a[0] - b[0]);
  const made: [number, number][] = [];
  for (const [start, end] of sorted) {
    const last = made.at(-1);
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else made.push([start, end]);
  }
  return made;
}
