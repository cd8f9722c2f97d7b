/** One of a short list by the browser's own select, of a long one by a searchable list. */

import { useRef, useState } from "react";
import { useT } from "../i18n";
import type { FieldProps } from "./contract";
import { controlProps } from "./control";
import { Icon } from "./icons";
import type { Option } from "./matching";
import { Picker } from "./Picker";
import { Popover } from "./Popover";

interface Props {
  readonly field: FieldProps;
  readonly options: readonly Option[];
  /** The key of what is chosen; null for nothing. */
  readonly current: string | null;
  onPick(key: string): void;
}

const SHORT = 8;

export function ChoiceField({ field, options, current, onPick }: Props) {
  const t = useT();
  const gone = current !== null && !options.some((one) => one.key === current);
  const all = gone
    ? [{ key: current, label: t("widgets.gone", { name: current }) }, ...options]
    : options;
  const inner = { field, options: all, current, gone, onPick };
  // On touch, the system's own list is the one people can hit.
  const native = options.length <= SHORT || window.matchMedia("(pointer: coarse)").matches;
  return native ? <Native {...inner} /> : <Searched {...inner} />;
}

interface Inner extends Props {
  readonly gone: boolean;
}

function Native({ field, options, current, gone, onPick }: Inner) {
  const t = useT();
  return (
    <span className="choice-field">
      <select
        {...controlProps(field)}
        className="field-box choice-select"
        data-default={field.value === undefined || undefined}
        data-gone={gone || undefined}
        value={current ?? ""}
        onChange={(event) => onPick(event.target.value)}
      >
        {current === null && (
          <option value="" disabled>
            {t(field.spec.required ? "widgets.choose" : "widgets.none")}
          </option>
        )}
        {options.map((one) => (
          <option key={one.key} value={one.key}>
            {one.label}
          </option>
        ))}
      </select>
      <Icon name="chevron" />
    </span>
  );
}

function Searched({ field, options, current, gone, onPick }: Inner) {
  const t = useT();
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const label = options.find((one) => one.key === current)?.label;
  const none = t(field.spec.required ? "widgets.choose" : "widgets.none");
  return (
    <span className="choice-field">
      <button
        {...controlProps(field)}
        ref={button}
        type="button"
        className="field-box choice-button"
        aria-label={`${field.label}: ${label ?? none}`}
        aria-haspopup="dialog"
        aria-expanded={open}
        data-default={field.value === undefined || undefined}
        data-gone={gone || undefined}
        onClick={() => setOpen(!open)}
        onKeyDown={(event) => {
          if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
          event.preventDefault();
          setOpen(true);
        }}
      >
        <span className="choice-text">{label ?? none}</span>
      </button>
      <Icon name="chevron" />
      {open && (
        <Popover anchor={button} label={field.label} onClose={() => setOpen(false)}>
          <Picker
            options={options}
            current={current}
            label={field.label}
            onPick={(key) => {
              setOpen(false);
              onPick(key);
              button.current?.focus();
            }}
          />
        </Popover>
      )}
    </span>
  );
}
