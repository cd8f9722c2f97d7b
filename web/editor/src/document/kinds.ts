/** Which kind may flow into which, by the engine's rules, and how a kind is drawn. */

/** What type variables stand for. */
export type Bindings = Map<string, string>;

function kept<T>(make: (kind: string) => T): (kind: string) => T {
  const known = new Map<string, T>();
  return (kind) => {
    const found = known.get(kind);
    if (found !== undefined || known.has(kind)) return found as T;
    const made = make(kind);
    if (known.size < 4096) known.set(kind, made);
    return made;
  };
}

/** The alternatives of a union: `int|list[int|float]` has two. */
export const alternatives: (kind: string) => readonly string[] = kept((kind) => {
  const parts: string[] = [];
  let level = 0;
  let start = 0;
  for (let index = 0; index < kind.length; index++) {
    const letter = kind[index];
    if (letter === "[") level++;
    else if (letter === "]") level--;
    else if (letter === "|" && level === 0) {
      parts.push(kind.slice(start, index));
      start = index + 1;
    }
  }
  return [...parts, kind.slice(start)];
});

/** What a list holds: `image` of `list[image]`; null where the kind is no list. */
export function itemKind(kind: string): string | null {
  // A union of lists begins and ends like one.
  const isList = kind.startsWith("list[") && kind.endsWith("]") && alternatives(kind).length === 1;
  return isList ? kind.slice(5, -1) : null;
}

/** Whether the expression holds a type variable. */
export function isOpen(kind: string): boolean {
  return kind.includes("$");
}

/**
 * Whether a value of kind `source` may flow into an input of kind `target`. Type variables of the
 * target are bound on the way. An unknown source (`any`) may flow anywhere.
 */
export function accepts(target: string, source: string, bindings: Bindings = new Map()): boolean {
  if (target === source || target === "any" || source === "any") return true;
  if (target.startsWith("$") && !target.includes("|")) return binds(target, source, bindings);
  const targetItem = itemKind(target);
  const sourceItem = itemKind(source);
  if (targetItem !== null && sourceItem !== null) return accepts(targetItem, sourceItem, bindings);
  const options = alternatives(target);
  const offered = alternatives(source);
  if (offered.length > 1) return offered.every((one) => accepts(target, one, bindings));
  if (options.length > 1) return options.some((one) => accepts(one, source, bindings));
  return target === "float" && source === "int";
}

function binds(variable: string, source: string, bindings: Bindings): boolean {
  const bound = bindings.get(variable);
  if (bound === undefined || bound === "any") {
    bindings.set(variable, source);
    return true;
  }
  if (accepts(bound, source, bindings)) return true;
  // The order of the links must not matter: the wider of two kinds is what the variable is.
  if (!accepts(source, bound, bindings)) return false;
  bindings.set(variable, source);
  return true;
}

/** The expression with bound type variables filled in; unbound ones become `any`. */
export function resolve(kind: string, bindings: Bindings): string {
  if (!isOpen(kind)) return kind;
  const item = itemKind(kind);
  if (item !== null) return `list[${resolve(item, bindings)}]`;
  // As the engine has it: a union that begins with a variable is no variable's name.
  if (kind.startsWith("$")) return bindings.get(kind) ?? "any";
  const parts = alternatives(kind);
  return parts.length === 1 ? kind : parts.map((one) => resolve(one, bindings)).join("|");
}

const OWN = new Set(["image", "latent", "model", "conditioning", "text_encoder", "vae", "mask"]);
const NUMBER = new Set(["int", "float", "bool", "str", "json", "seed", "number"]);
const RING = 8;

/** The colour token of a kind, without `--kind-`: "image", "number", "any", "ring-3". */
export const colourClass: (kind: string) => string = kept((kind) => {
  const first = alternatives(kind)[0] ?? kind;
  const item = itemKind(first);
  if (item !== null) return colourClass(item);
  if (first === "any" || first === "subgraph" || first === "" || isOpen(first)) return "any";
  if (OWN.has(first)) return first;
  return NUMBER.has(first) ? "number" : `ring-${hash(first) % RING}`;
});

/** FNV-1a (Fowler, Noll and Vo): the same on every machine, and even over short names. */
function hash(text: string): number {
  let sum = 0x811c9dc5;
  for (let index = 0; index < text.length; index++)
    sum = Math.imul(sum ^ text.charCodeAt(index), 0x01000193) >>> 0;
  return sum;
}

export type Shape = "circle" | "square" | "diamond";

/** A circle for one value, a square for a list, a diamond for anything, or for unlike kinds. */
export const shapeOf: (kind: string) => Shape = kept((kind) => {
  const shapes = new Set(alternatives(kind).map(simpleShape));
  const colours = new Set(alternatives(kind).map(colourClass));
  return shapes.size === 1 && colours.size === 1 ? simpleShape(kind) : "diamond";
});

function simpleShape(kind: string): Shape {
  const first = alternatives(kind)[0] ?? kind;
  if (itemKind(first) !== null) return "square";
  return first === "any" || isOpen(first) ? "diamond" : "circle";
}
