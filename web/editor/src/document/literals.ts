/** Whether a literal is allowed, as the engine checks it: nothing is coerced but int to float. */

import { exactBounds, type InputSpec, type Schema } from "./catalogue";
import { Float, isJsonArray, isJsonObject, type Json } from "./value";

export function allowsLiteral(spec: Pick<InputSpec, "schema" | "nullable">, value: Json): boolean {
  return (spec.nullable && value === null) || fits(spec.schema, value);
}

function fits(schema: Schema, value: Json): boolean {
  if (schema.enum) return fitsEnum(schema, value);
  if (schema.anyOf) return schema.anyOf.some((one) => fits(one, value));
  switch (schema.type) {
    case "integer":
      return isInteger(value) && isWithin(schema, value);
    case "number":
      return isNumber(value) && isWithin(schema, value);
    case "boolean":
      return typeof value === "boolean";
    case "string":
      return typeof value === "string" && isShort(schema, value);
    case "array":
      return isJsonArray(value) && value.every((one) => fits(schema.items ?? {}, one));
    case "object":
      return isJsonObject(value);
    default:
      return value === null;
  }
}

function fitsEnum(schema: Schema, value: Json): boolean {
  if (schema.type === "integer" && !isInteger(value)) return false;
  return schema.enum?.some((one) => equal(one, value)) === true;
}

/** Equal as Python has it, for which 1.0 is 1. */
function equal(a: Json, b: Json): boolean {
  const [x, y] = [a instanceof Float ? a.value : a, b instanceof Float ? b.value : b];
  // biome-ignore lint/suspicious/noDoubleEquals: a bigint is a number in another form
  return typeof x === "string" || typeof y === "string" ? x === y : x == y;
}

function isInteger(value: Json): value is number | bigint {
  return typeof value === "bigint" || (typeof value === "number" && Number.isInteger(value));
}

function isNumber(value: Json): value is number | bigint | Float {
  return typeof value === "number" || typeof value === "bigint" || value instanceof Float;
}

function isWithin(schema: Schema, value: number | bigint | Float): boolean {
  const n = value instanceof Float ? value.value : value;
  const { minimum, maximum } = exactBounds(schema);
  return (minimum === undefined || n >= minimum) && (maximum === undefined || n <= maximum);
}

function isShort({ maxLength }: Schema, value: string): boolean {
  if (maxLength === undefined || value.length <= maxLength) return true;
  return [...value].length <= maxLength;
}
