/** Ids that nobody else makes. */

/** A random id. Not `crypto.randomUUID`: a page over plain HTTP from another machine has none. */
export function uniqueId(): string {
  const parts = crypto.getRandomValues(new Uint32Array(4));
  return Array.from(parts, (one) => one.toString(16).padStart(8, "0")).join("");
}
