/**
 * A box over everything, beside the element it belongs to. It lies in the browser's top layer, so
 * neither the canvas's zoom nor a node's edge touches it.
 */

import { type ReactNode, type RefObject, useEffect, useLayoutEffect, useRef } from "react";
import { createPortal } from "react-dom";
import { place } from "./place";
import "./popover.css";

interface Props {
  readonly anchor: RefObject<HTMLElement | null>;
  readonly onClose: () => void;
  readonly label: string;
  readonly className?: string;
  readonly role?: "dialog" | "menu";
  readonly children: ReactNode;
}

export function Popover({ anchor, onClose, label, className = "", role, children }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const close = useRef(onClose);
  close.current = () => {
    // What is edited inside ends its gesture before it goes.
    const focused = document.activeElement;
    if (focused instanceof HTMLElement && box.current?.contains(focused)) focused.blur();
    onClose();
  };

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    element.showPopover();
    const put = () => {
      if (anchor.current) putBeside(element, anchor.current);
    };
    put();
    // Its content may arrive later, and with it its size.
    const sizes = new ResizeObserver(put);
    sizes.observe(element);
    window.addEventListener("resize", put);
    return () => {
      sizes.disconnect();
      window.removeEventListener("resize", put);
    };
  }, [anchor]);

  useEffect(() => {
    const inside = (event: Event, ...of: (Element | null)[]) =>
      of.some((one) => one !== null && event.composedPath().includes(one));
    const press = (event: Event) => {
      if (!inside(event, box.current, anchor.current)) close.current();
    };
    // Whatever scrolls or zooms outside takes the anchor away.
    const turn = (event: Event) => {
      if (!inside(event, box.current)) close.current();
    };
    const key = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      event.stopPropagation();
      close.current();
      anchor.current?.focus();
    };
    document.addEventListener("keydown", key, true);
    document.addEventListener("pointerdown", press, true);
    document.addEventListener("wheel", turn, { capture: true, passive: true });
    return () => {
      document.removeEventListener("keydown", key, true);
      document.removeEventListener("pointerdown", press, true);
      document.removeEventListener("wheel", turn, true);
    };
  }, [anchor]);

  // Portals pass events up the React tree: to the node, which would be dragged by them.
  const keep = (event: { stopPropagation(): void }) => event.stopPropagation();
  return createPortal(
    // biome-ignore lint/a11y/useAriaPropsSupportedByRole: it is a dialog or a menu, which both have a name
    <div
      ref={box}
      popover="manual"
      className={`popover ${className}`}
      role={role ?? "dialog"}
      aria-label={label}
      onKeyDown={keep}
      onPointerDown={keep}
      onMouseDown={keep}
      onClick={keep}
      onDoubleClick={keep}
      onContextMenu={keep}
      onPaste={keep}
      onDragOver={keep}
      onDrop={keep}
      onBlur={(event) => {
        const to = event.relatedTarget;
        if (to instanceof Node && !box.current?.contains(to) && !anchor.current?.contains(to))
          onClose();
      }}
    >
      {children}
    </div>,
    anchor.current?.closest("dialog") ?? document.body,
  );
}

function putBeside(element: HTMLElement, anchor: HTMLElement): void {
  const view = { width: window.innerWidth, height: window.innerHeight };
  element.style.maxHeight = "";
  const at = anchor.getBoundingClientRect();
  element.style.minWidth = `${Math.min(at.width, view.width - 16)}px`;
  const placed = place(at, { width: element.offsetWidth, height: element.scrollHeight + 2 }, view);
  element.style.left = `${placed.left}px`;
  element.style.top = `${placed.top}px`;
  element.style.maxHeight = `${placed.maxHeight}px`;
}
