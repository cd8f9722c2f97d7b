import { type KeyboardEvent, type SyntheticEvent, useEffect, useRef } from "react";

/** A modal dialog over the whole window, for as long as it is mounted. Focus returns where it was. */
export function useDialog(onClose: () => void) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = ref.current;
    const before = document.activeElement;
    dialog?.showModal();
    dialog?.focus();
    return () => {
      dialog?.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  // What had the focus may be gone, or disabled; keys still belong to the dialog.
  useEffect(() => {
    if (document.activeElement === document.body) ref.current?.focus();
  });
  return {
    ref,
    tabIndex: -1,
    onCancel(event: SyntheticEvent) {
      // Whoever shows it takes it away.
      event.preventDefault();
      onClose();
    },
    onKeyUp: (event: KeyboardEvent) => event.stopPropagation(),
  };
}
