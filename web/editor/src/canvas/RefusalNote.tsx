/** Why a link was not made, where it was dropped, with the node that would bridge the kinds. */

import { useEffect, useRef } from "react";
import { useStore } from "zustand";
import { shortId } from "../document/catalogue";
import { useT } from "../i18n";
import { gesture } from "./gesture";
import { bridge } from "./linking";
import { model } from "./model";

export function RefusalNote() {
  const t = useT();
  const refusal = useStore(gesture, (state) => state.refusal);
  const catalogue = useStore(model, (state) => state.catalogue);
  const first = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!refusal) return;
    const before = document.activeElement;
    first.current?.focus();
    // The focus goes back to the socket, unless it went elsewhere meanwhile.
    return () => {
      const lost = document.activeElement === document.body;
      if (lost && before instanceof HTMLElement) before.focus({ preventScroll: true });
    };
  }, [refusal]);
  if (!refusal) return null;
  const { screen, text, bridges, from, to } = refusal;
  const close = () => gesture.setState({ refusal: null });
  return (
    <div
      className="refusal"
      role="alertdialog"
      aria-label={text}
      style={{
        left: Math.min(screen.x, window.innerWidth - 300),
        top: Math.min(screen.y, window.innerHeight - 120),
      }}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === "Escape") close();
      }}
    >
      <p>{text}</p>
      <div className="refusal-actions">
        {bridges.slice(0, 3).map((one, index) => (
          <button
            key={one.type}
            ref={index === 0 ? first : undefined}
            type="button"
            className="button is-primary"
            onClick={() => bridge(one, from, to)}
          >
            {t("canvas.refused.bridge", {
              node: catalogue.get(one.type)?.title ?? shortId(one.type),
            })}
          </button>
        ))}
        <button
          type="button"
          ref={bridges.length === 0 ? first : undefined}
          className="button"
          onClick={close}
        >
          {t("canvas.refused.close")}
        </button>
      </div>
    </div>
  );
}
