/** A name that appears beside a control that shows none, with the keys that do the same. */

import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from "react";
import { place } from "../../widgets/place";
import { Keys } from "./Keys";
import "./tooltip.css";

interface Props {
  readonly text: string;
  /** A chord, such as "Mod+S". */
  readonly keys?: string | undefined;
  readonly children: ReactNode;
}

const DELAY = 500;
/** Time to move the pointer from the control onto the tip. */
const LINGER = 120;

export function Tooltip({ text, keys, children }: Props) {
  const anchor = useRef<HTMLSpanElement>(null);
  const timer = useRef(0);
  const [open, setOpen] = useState(false);
  const later = (shown: boolean, delay: number) => {
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => setOpen(shown), delay);
  };
  const hide = () => {
    clearTimeout(timer.current);
    setOpen(false);
  };
  useEffect(() => () => clearTimeout(timer.current), []);
  return (
    <span
      ref={anchor}
      className="tooltip-anchor"
      onPointerEnter={(event) => event.pointerType === "mouse" && later(true, open ? 0 : DELAY)}
      onPointerLeave={() => later(false, LINGER)}
      onPointerDown={hide}
      onFocus={(event) => event.target.matches(":focus-visible") && setOpen(true)}
      onBlur={hide}
      onKeyDown={(event) => event.key === "Escape" && hide()}
    >
      {children}
      {open && <Tip anchor={anchor.current?.firstElementChild ?? null} text={text} keys={keys} />}
    </span>
  );
}

interface TipProps {
  readonly anchor: Element | null;
  readonly text: string;
  readonly keys: string | undefined;
}

function Tip({ anchor, text, keys }: TipProps) {
  const box = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => {
    const tip = box.current;
    if (!tip || !anchor) return;
    tip.showPopover();
    const at = anchor.getBoundingClientRect();
    const size = { width: tip.offsetWidth, height: tip.offsetHeight };
    const centred = { ...plain(at), left: at.left + (at.width - size.width) / 2 };
    const { left, top } = place(centred, size, {
      width: window.innerWidth,
      height: window.innerHeight,
    });
    tip.style.left = `${left}px`;
    tip.style.top = `${top}px`;
  }, [anchor]);
  return (
    // The control itself has the name: a screen reader need not hear it twice.
    <span ref={box} popover="manual" className="tooltip" aria-hidden="true">
      {text}
      {keys && <Keys chord={keys} />}
    </span>
  );
}

function plain({ left, top, width, height }: DOMRect) {
  return { left, top, width, height };
}
