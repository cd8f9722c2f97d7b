/** Finding an entry of a list by typing its first letters. */

const PAUSE = 600;

/** A function that is told each key and says which entry is meant, or undefined for no letter. */
export function byLetters(now: () => number = () => performance.now()) {
  let text = "";
  let last = Number.NEGATIVE_INFINITY;
  return (key: string, labels: readonly string[], at: number): number | undefined => {
    if (key.length !== 1 || (key === " " && text === "")) return undefined;
    const letter = key.toLowerCase();
    text = now() - last > PAUSE ? letter : text + letter;
    last = now();
    // The same letter again and again walks through all that begin with it.
    const repeated = [...text].every((one) => one === letter);
    const wanted = repeated ? letter : text;
    const first = repeated ? at + 1 : Math.max(at, 0);
    for (let step = 0; step < labels.length; step++) {
      const index = (first + step) % labels.length;
      if (labels[index]?.trim().toLowerCase().startsWith(wanted)) return index;
    }
    return undefined;
  };
}
