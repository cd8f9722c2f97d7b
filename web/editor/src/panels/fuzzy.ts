/** Finding something by a few of its letters, in order: "wkfl" finds "Workflows". */

export interface Match {
  /** Higher is better; 0 for no match. */
  readonly score: number;
  /** Which characters matched. */
  readonly at: readonly number[];
}

const NO_MATCH: Match = { score: 0, at: [] };
const WORD_START = 8;
const IN_A_ROW = 5;
const LETTER = 1;
const WIDEST = 3;

/** How well a query fits a text. An empty query fits everything alike. */
export function fuzzy(query: string, text: string): Match {
  const letters = [...plain(query)].filter((one) => one !== " ");
  if (letters.length === 0) return { score: 1, at: [] };
  const inside = plain(text);
  const whole = inside.indexOf(plain(query).trim());
  if (whole >= 0) {
    const bonus = whole === 0 ? 40 : startsWord(inside, whole) ? 20 : 0;
    return { score: 100 + bonus - inside.length / 100, at: range(whole, letters.length, inside) };
  }
  return scattered(letters, inside);
}

/** The letters one after another, each at a word's start where there is one. */
function scattered(letters: readonly string[], text: string): Match {
  const at: number[] = [];
  let score = 0;
  for (const letter of letters) {
    const from = (at.at(-1) ?? -1) + 1;
    const next = text.indexOf(letter, from);
    if (next < 0) return NO_MATCH;
    const start = text[from] === letter ? from : wordStart(text, letter, from);
    const rest = letters.slice(at.length + 1);
    const chosen = start !== undefined && fits(rest, text, start + 1) ? start : next;
    if (at.length > 0 && chosen === from) score += IN_A_ROW;
    if (startsWord(text, chosen)) score += WORD_START;
    score += LETTER;
    at.push(chosen);
  }
  const span = (at.at(-1) ?? 0) - (at[0] ?? 0) + 1;
  // Letters from all over a text are no more than chance.
  if (span > letters.length * WIDEST && !at.every((one) => startsWord(text, one))) return NO_MATCH;
  return { score: score / (1 + text.length / 100), at };
}

function fits(letters: readonly string[], text: string, from: number): boolean {
  let at = from;
  for (const letter of letters) {
    at = text.indexOf(letter, at) + 1;
    if (at === 0) return false;
  }
  return true;
}

function wordStart(text: string, letter: string, from: number): number | undefined {
  for (let at = text.indexOf(letter, from); at >= 0; at = text.indexOf(letter, at + 1))
    if (startsWord(text, at)) return at;
  return undefined;
}

function startsWord(text: string, at: number): boolean {
  return at === 0 || /[\s_\-./:]/.test(text[at - 1] ?? "");
}

function range(from: number, letters: number, text: string): readonly number[] {
  const at: number[] = [];
  for (let index = from; at.length < letters && index < text.length; index++)
    if (text[index] !== " ") at.push(index);
  return at;
}

/** Without case and accents, each character in its place. */
function plain(text: string): string {
  return [...text].map(plainLetter).join("");
}

function plainLetter(letter: string): string {
  const base = letter.length > 1 ? letter : (letter.normalize("NFD")[0] ?? letter);
  const low = base.toLowerCase();
  return low.length === letter.length ? low : letter;
}

/** What fits, best first; equals keep their order. */
export function ranked<T>(query: string, list: readonly T[], textOf: (one: T) => string) {
  return list
    .map((one) => ({ one, ...fuzzy(query, textOf(one)) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score);
}
