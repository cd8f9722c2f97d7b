import { useId } from "react";
import { Icon } from "./Icon";
import type { IconName } from "./icons";
import "./segments.css";

interface Props<T extends string> {
  readonly label: string;
  readonly options: readonly { readonly id: T; readonly label: string; readonly icon?: IconName }[];
  readonly value: T;
  onChange(id: T): void;
}

/** A choice of a few, all in sight. One with an icon shows only that. */
export function Segments<T extends string>({ label, options, value, onChange }: Props<T>) {
  const name = useId();
  return (
    <div className="segments" role="radiogroup" aria-label={label}>
      {options.map((one) => (
        <label key={one.id} className="segments-one" title={one.icon && one.label}>
          <input
            type="radio"
            className="visually-hidden"
            name={name}
            checked={one.id === value}
            aria-label={one.label}
            onChange={() => onChange(one.id)}
          />
          {one.icon ? <Icon name={one.icon} /> : one.label}
        </label>
      ))}
    </div>
  );
}
