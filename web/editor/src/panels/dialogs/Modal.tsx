/** The frame of every dialog: the page behind it waits, and gets the focus back. */

import { type ReactNode, useId, useLayoutEffect, useRef } from "react";
import { useStore } from "zustand";
import { useT } from "../../i18n";
import { ui } from "../../state/ui";
import { IconButton } from "../ui/IconButton";
import "./modal.css";

interface Props {
  readonly title: string;
  readonly children: ReactNode;
  /** Buttons, the one that does it last. */
  readonly footer?: ReactNode;
  readonly size?: "small" | "medium" | "large";
  /** Without head and margins: the content is all there is to see. */
  readonly bare?: boolean;
  onClose(): void;
}

export function Modal({ title, children, footer, size = "small", bare, onClose }: Props) {
  const t = useT();
  const heading = useId();
  const box = useRef<HTMLDialogElement>(null);
  const said = useStore(ui, (state) => state.said);
  const saidBefore = useRef(said);
  useLayoutEffect(() => {
    const dialog = box.current;
    if (!dialog) return;
    dialog.showModal();
    (firstOf(dialog) ?? dialog).focus();
    // Closing gives the focus back; taking the element away would not.
    return () => dialog.close();
  }, []);
  return (
    <dialog
      ref={box}
      className={`modal is-${size} ${bare ? "is-bare" : ""}`}
      aria-labelledby={heading}
      tabIndex={-1}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onPointerDown={(event) => {
        if (event.target === box.current && isOutside(event, box.current)) onClose();
      }}
    >
      {bare ? (
        <h2 id={heading} className="visually-hidden">
          {title}
        </h2>
      ) : (
        <header className="modal-head">
          <h2 id={heading}>{title}</h2>
          <IconButton icon="close" label={t("panels.close")} onClick={onClose} />
        </header>
      )}
      <div className="modal-body">{children}</div>
      {footer && <footer className="modal-foot">{footer}</footer>}
      {/* The page's own live region is silent behind a dialog. */}
      <p className="visually-hidden" role="status">
        {said === saidBefore.current ? "" : said}
      </p>
    </dialog>
  );
}

/** What the dialog asks for first, rather than the button that closes it. */
function firstOf(dialog: HTMLElement): HTMLElement | null {
  const first = (selector: string) => dialog.querySelector<HTMLElement>(selector);
  return (
    first("[data-autofocus]") ??
    first(".modal-body :is(input, textarea, select):not(:disabled)") ??
    first(".modal-foot button:last-of-type:not(:disabled)")
  );
}

function isOutside(at: { clientX: number; clientY: number }, element: HTMLElement): boolean {
  const { left, right, top, bottom } = element.getBoundingClientRect();
  return at.clientX < left || at.clientX > right || at.clientY < top || at.clientY > bottom;
}
