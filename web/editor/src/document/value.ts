/** The values of a document. */

/** A float whose value is whole, which JSON text writes as 4.0 and an integer as 4. */
export class Float {
  constructor(readonly value: number) {}

  valueOf(): number {
    return this.value;
  }
}

export type Json = null | boolean | string | number | bigint | Float | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: Json;
}

/** A record without a prototype, in which "__proto__" and "constructor" are names like any other. */
export function emptyRecord<T>(): Record<string, T> {
  return Object.create(null) as Record<string, T>;
}

export function recordOf<T>(entries: Iterable<readonly [string, T]>): Record<string, T> {
  const made = emptyRecord<T>();
  for (const [key, value] of entries) made[key] = value;
  return made;
}

/** A record of its own with the same entries. */
export function copyOf<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.assign(emptyRecord<T>(), record);
}

export function isJsonObject(value: Json | undefined): value is JsonObject {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Float)
  );
}

export function isJsonArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}
