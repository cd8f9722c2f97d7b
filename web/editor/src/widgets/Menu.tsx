import { type KeyboardEvent, useEffect, useRef } from "react";
import { Icon, type IconName } from "./icons";

export interface MenuItem {
  readonly key: string;
  readonly label: string;
  readonly detail?: string;
  readonly icon?: IconName;
  readonly checked: boolean;
}

interface Props {
  readonly items: readonly MenuItem[];
  onPick(key: string): void;
}

/** The choices of a menu whose box is its popover; arrows walk it. */
export function Menu({ items, onPick }: Props) {
  const list = useRef<HTMLDivElement>(null);
  const buttons = () => [...(list.current?.querySelectorAll("button") ?? [])];
  useEffect(() => {
    const all = [...(list.current?.querySelectorAll("button") ?? [])];
    (all.find((one) => one.ariaChecked === "true") ?? all[0])?.focus();
  }, []);
  const onKeyDown = (event: KeyboardEvent) => {
    const all = buttons();
    const at = all.indexOf(document.activeElement as HTMLButtonElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    all.at(to % all.length)?.focus();
  };
  return (
    <div ref={list} role="presentation" className="menu" onKeyDown={onKeyDown}>
      {items.map((one) => (
        <button
          key={one.key}
          type="button"
          role="menuitemradio"
          aria-checked={one.checked}
          tabIndex={-1}
          className="menu-item"
          onClick={() => onPick(one.key)}
        >
          {one.icon && <Icon name={one.icon} />}
          <span className="menu-text">
            <span>{one.label}</span>
            {one.detail && <span className="menu-detail">{one.detail}</span>}
          </span>
          <span className="menu-check">{one.checked && <Icon name="check" />}</span>
        </button>
      ))}
    </div>
  );
}
