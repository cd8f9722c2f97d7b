/** Which kind may flow into which, and how a kind is drawn. */

export type Bindings = Map<string, string>;

/** The alternatives of a union: `int|list[int|float]` has two. */
export function alternatives(kind: string): readonly string[] {
  return kind.split("|");
}

/** What a list holds: `image` of `list[image]`; null where the kind is no list. */
export function itemKind(kind: string): string | null {
  return kind.startsWith("list[") && kind.endsWith("]") ? kind.slice(5, -1) : null;
}

/** Whether the expression holds a type variable. */
export function isOpen(kind: string): boolean {
  return kind.includes("$");
}

/** Whether a value of kind `source` may flow into an input of kind `target`. Binds type variables. */
export function accepts(target: string, source: string, _bindings: Bindings = new Map()): boolean {
  return target === source || target === "any" || source === "any";
}

/** The expression with bound type variables filled in; unbound ones become `any`. */
export function resolve(kind: string, bindings: Bindings): string {
  return isOpen(kind) ? (bindings.get(kind) ?? "any") : kind;
}

/** The colour token of a kind, without `--kind-`: "image", "number", "any", "ring-3". */
export function colourClass(_kind: string): string {
  return "any";
}

export type Shape = "circle" | "square" | "diamond";

/** A circle for one value, a square for a list, a diamond for anything. */
export function shapeOf(kind: string): Shape {
  return itemKind(kind) === null ? "circle" : "square";
}
