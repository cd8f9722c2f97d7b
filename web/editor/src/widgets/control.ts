/** What every control of a field says of itself. */

import { fullId } from "../document/catalogue";
import type { Json } from "../document/json";
import type { FieldProps } from "./contract";

type Described = Pick<FieldProps, "id" | "label" | "invalid" | "disabled">;

export function controlProps({ id, label, invalid, disabled }: Described) {
  return {
    id: `${id}-control`,
    "aria-label": label,
    disabled: disabled === true,
    ...(invalid ? { "aria-invalid": true, "aria-describedby": `${id}-message` } : {}),
  };
}

/** The value that holds: the file's, or the default. */
export function effective({ value, spec }: Pick<FieldProps, "value" | "spec">): Json {
  return value === undefined ? spec.default : value;
}

export function isType(type: string, id: string): boolean {
  return fullId(type) === fullId(id);
}
