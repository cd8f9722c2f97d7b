/** Which of many choices fit what was typed, the best first. */

export interface Option {
  readonly key: string;
  readonly label: string;
  /** More words that are searched: a file's folder, its family. */
  readonly words?: string;
}

/** Options that hold every word typed; those that begin with it first, else in their own order. */
export function matching<T extends Option>(options: readonly T[], query: string): readonly T[] {
  const words = plain(query).split(/\s+/).filter(Boolean);
  if (words.length === 0) return options;
  const found = options
    .map((option) => ({ option, rank: rankOf(option, words) }))
    .filter(({ rank }) => rank > 0);
  return found.sort((a, b) => b.rank - a.rank).map(({ option }) => option);
}

function rankOf(option: Option, words: readonly string[]): number {
  const label = plain(option.label);
  const all = `${label} ${plain(option.words ?? "")}`;
  if (!words.every((word) => all.includes(word))) return 0;
  const first = words[0] as string;
  if (label.startsWith(first)) return 3;
  return label.split(" ").some((one) => one.startsWith(first)) ? 2 : 1;
}

/** Without case, accents, and what stands between words in a file's name. */
function plain(text: string): string {
  return text
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[_\-./\\]+/g, " ");
}

/** The option `by` places from one, within the list; null in an empty one. */
export function neighbour<T extends Option>(
  options: readonly T[],
  key: string | null,
  by: number,
): string | null {
  const last = options.length - 1;
  if (last < 0) return null;
  const at = options.findIndex((one) => one.key === key);
  const to = at < 0 ? (by > 0 ? 0 : last) : at + by;
  return options[Math.min(last, Math.max(0, to))]?.key ?? null;
}
