/** A button that opens a menu. */

import { type KeyboardEvent, type RefObject, useEffect, useRef, useState } from "react";
import { Popover } from "../../widgets/Popover";
import { Button } from "./Button";
import { Icon } from "./Icon";
import { IconButton } from "./IconButton";
import type { IconName } from "./icons";
import { Keys } from "./Keys";
import { byLetters } from "./typing";
import "./menu.css";

export interface MenuItem {
  readonly label: string;
  readonly icon?: IconName;
  readonly keys?: string;
  /** For one of several, or for what is on or off. */
  readonly checked?: boolean;
  readonly danger?: boolean;
  readonly disabled?: boolean;
  run(): void;
}

/** "-" draws a line. */
export type MenuEntry = MenuItem | "-";

interface Props {
  /** The name of the button and of the menu. */
  readonly label: string;
  readonly icon?: IconName;
  /** Whether the button shows the name. */
  readonly words?: boolean;
  readonly items: readonly MenuEntry[];
  readonly small?: boolean;
  readonly className?: string;
}

export function Menu({ label, icon = "more", words, items, small, className = "" }: Props) {
  const button = useRef<HTMLButtonElement>(null);
  const [open, setOpen] = useState(false);
  const close = () => setOpen(false);
  const shared = {
    ref: button,
    className,
    "aria-haspopup": "menu",
    "aria-expanded": open,
    onClick: () => setOpen(!open),
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key !== "ArrowDown") return;
      event.preventDefault();
      setOpen(true);
    },
  } as const;
  const choose = (item: MenuItem) => {
    close();
    // A dialog that the item opens gives the focus back to where it is now.
    button.current?.focus();
    item.run();
  };
  return (
    <>
      {words ? (
        <Button {...shared}>
          {label} <Icon name="chevron-down" />
        </Button>
      ) : (
        <IconButton {...shared} icon={icon} label={label} small={small ?? false} />
      )}
      {open && (
        <Popover anchor={button} label={label} role="menu" onClose={close} className="ui-menu">
          <Items items={items} onChoose={choose} onClose={close} button={button} />
        </Popover>
      )}
    </>
  );
}

interface ItemsProps {
  readonly items: readonly MenuEntry[];
  readonly button: RefObject<HTMLButtonElement | null>;
  onChoose(item: MenuItem): void;
  onClose(): void;
}

function Items({ items, button, onChoose, onClose }: ItemsProps) {
  const list = useRef<HTMLDivElement>(null);
  const typed = useRef(byLetters());
  useEffect(() => {
    const all = buttonsIn(list.current);
    (all.find((one) => one.ariaChecked === "true") ?? all[0])?.focus();
  }, []);
  const onKeyDown = (event: KeyboardEvent) => {
    const all = buttonsIn(list.current);
    const at = all.indexOf(document.activeElement as HTMLButtonElement);
    const step = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (event.key === "Tab") {
      onClose();
      button.current?.focus();
      return;
    }
    const to =
      step ??
      typed.current(
        event.key,
        all.map((one) => one.textContent ?? ""),
        at,
      );
    if (to === undefined) return;
    event.preventDefault();
    all.at(to % all.length)?.focus();
  };
  return (
    <div ref={list} role="presentation" onKeyDown={onKeyDown}>
      {items.map((one, index) =>
        one === "-" ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines are told apart by nothing else
          <hr key={index} className="ui-menu-line" />
        ) : (
          // biome-ignore lint/a11y/useAriaPropsSupportedByRole: only a radio item has a state
          <button
            key={one.label}
            type="button"
            role={one.checked === undefined ? "menuitem" : "menuitemradio"}
            aria-checked={one.checked}
            tabIndex={-1}
            disabled={one.disabled}
            className={one.danger ? "ui-menu-item is-danger" : "ui-menu-item"}
            onClick={() => onChoose(one)}
          >
            <span className="ui-menu-icon">
              {one.checked ? <Icon name="check" /> : one.icon && <Icon name={one.icon} />}
            </span>
            <span className="ui-menu-label">{one.label}</span>
            {one.keys && <Keys chord={one.keys} />}
          </button>
        ),
      )}
    </div>
  );
}

function buttonsIn(list: HTMLElement | null): HTMLButtonElement[] {
  return [...(list?.querySelectorAll<HTMLButtonElement>("button:not(:disabled)") ?? [])];
}
