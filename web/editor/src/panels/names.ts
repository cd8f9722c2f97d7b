/** Names that a saved workflow may have, as the server takes them. */

const LETTER = String.raw`[^\x00-\x1f\x7f/\\:*?"<>|]`;
const EDGE = String.raw`[^\x00-\x1f\x7f/\\:*?"<>|. ]`;
const NAME = new RegExp(`^${EDGE}(${LETTER}*${EDGE})?$`, "u");
const ALLOWED = new RegExp(`^${LETTER}$`, "u");
const LONGEST = 120;

/** Why something cannot be the name of a workflow, or null: the key `panels.name.CODE`. */
export function nameTrouble(name: string): "empty" | "long" | "characters" | "edges" | null {
  if (name === "") return "empty";
  if ([...name].length > LONGEST) return "long";
  if (NAME.test(name)) return null;
  return [...name].every((one) => ALLOWED.test(one)) ? "edges" : "characters";
}

/** A name that is not taken: "Portrait 2" beside "Portrait". */
export function freeName(name: string, taken: Iterable<string>): string {
  const all = new Set(taken);
  const base = name.replace(/ \d+$/, "");
  if (!all.has(name)) return name;
  let count = 2;
  while (all.has(`${base} ${count}`)) count += 1;
  return `${base} ${count}`;
}

/** The nearest thing to a text that may be a name; empty where nothing is left. */
export function asName(text: string): string {
  return [...text]
    .map((one) => (ALLOWED.test(one) ? one : " "))
    .slice(0, LONGEST)
    .join("")
    .replace(/^[. ]+|[. ]+$/g, "");
}
