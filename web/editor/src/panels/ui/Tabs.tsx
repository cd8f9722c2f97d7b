import type { ReactNode } from "react";
import { type KeyboardEvent, useId, useRef } from "react";
import "./tabs.css";

interface Props<T extends string> {
  readonly label: string;
  readonly tabs: readonly { readonly id: T; readonly label: string }[];
  readonly value: T;
  readonly children: ReactNode;
  onChange(id: T): void;
}

/** A row of tabs and the content of the one that is chosen. Arrows walk the row. */
export function Tabs<T extends string>({ label, tabs, value, children, onChange }: Props<T>) {
  const id = useId();
  const row = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: KeyboardEvent) => {
    const at = tabs.findIndex((one) => one.id === value);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 }[event.key];
    const next = to === undefined ? undefined : tabs.at(to % tabs.length);
    if (!next) return;
    event.preventDefault();
    onChange(next.id);
    row.current?.querySelector<HTMLElement>(`[data-tab="${next.id}"]`)?.focus();
  };
  return (
    <>
      <div ref={row} className="tabs-row" role="tablist" aria-label={label} onKeyDown={onKeyDown}>
        {tabs.map((one) => (
          <button
            key={one.id}
            type="button"
            role="tab"
            id={`${id}-${one.id}`}
            data-tab={one.id}
            className="tabs-tab"
            aria-selected={one.id === value}
            aria-controls={`${id}-panel`}
            tabIndex={one.id === value ? 0 : -1}
            onClick={() => onChange(one.id)}
          >
            {one.label}
          </button>
        ))}
      </div>
      <div
        className="tabs-panel"
        role="tabpanel"
        id={`${id}-panel`}
        aria-labelledby={`${id}-${value}`}
      >
        {children}
      </div>
    </>
  );
}
