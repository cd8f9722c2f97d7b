/** What the page has to say: a few lines at the bottom, over everything. */

import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { useStore } from "zustand";
import { useT } from "../../i18n";
import { dismissToast, type Toast, ui } from "../../state/ui";
import { Button } from "./Button";
import { Icon } from "./Icon";
import { IconButton } from "./IconButton";
import type { IconName } from "./icons";
import "./toasts.css";

const ICON: Readonly<Record<Toast["tone"], IconName>> = {
  info: "info",
  ok: "check",
  warn: "warning",
  error: "error",
};

export function Toasts() {
  const toasts = useStore(ui, (state) => state.toasts);
  const box = useRef<HTMLDivElement>(null);
  const newest = toasts.at(-1)?.id;
  useLayoutEffect(() => {
    const element = box.current;
    if (!element || newest === undefined) return;
    // What is shown last lies on top, over a dialog too.
    if (element.matches(":popover-open")) element.hidePopover();
    element.showPopover();
  }, [newest]);
  if (toasts.length === 0) return null;
  return (
    <div ref={box} popover="manual" className="toasts">
      {toasts.map((one) => (
        <Line key={one.id} toast={one} />
      ))}
    </div>
  );
}

const SHOWN = 6000;
const SHOWN_WITH_ACTION = 12000;

function Line({ toast }: { readonly toast: Toast }) {
  const t = useT();
  const { id, tone, text, action } = toast;
  const [held, setHeld] = useState(false);
  // What went wrong stays until it was seen.
  const stays = tone === "error" || tone === "warn" || held;
  useEffect(() => {
    if (stays) return;
    const timer = window.setTimeout(() => dismissToast(id), action ? SHOWN_WITH_ACTION : SHOWN);
    return () => clearTimeout(timer);
  }, [id, stays, action]);
  return (
    <div
      className={`toast is-${tone}`}
      role={tone === "error" ? "alert" : "status"}
      // The page's live region says it; an alert speaks for itself.
      aria-live={tone === "error" ? "assertive" : "off"}
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <span className="toast-icon">
        <Icon name={ICON[tone]} />
      </span>
      <p className="toast-text">{text}</p>
      {action && (
        <Button
          look="quiet"
          onClick={() => {
            dismissToast(id);
            action.run();
          }}
        >
          {action.label}
        </Button>
      )}
      <IconButton small icon="close" label={t("panels.dismiss")} onClick={() => dismissToast(id)} />
    </div>
  );
}
