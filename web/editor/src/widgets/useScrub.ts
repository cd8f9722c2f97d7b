/** Dragging sideways over a number to change it. */

import { type MouseEvent, type PointerEvent, useEffect, useRef } from "react";

export interface Scrubbing {
  /** Whether a press may begin one. */
  enabled(): boolean;
  onMove(distance: number, event: PointerEvent<HTMLElement>): void;
  onEnd(): void;
  onCancel(): void;
  /** The pointer went up where it went down. */
  onTap?(): void;
}

// Below it, a press is a click.
const THRESHOLD = 3;

interface Press {
  readonly x: number;
  readonly pointer: number;
  moved: boolean;
}

export function useScrub(scrub: Scrubbing) {
  const press = useRef<Press | null>(null);
  const dragged = useRef(false);
  const latest = useRef(scrub);
  latest.current = scrub;

  useEffect(() => {
    const cancel = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || !press.current?.moved) return;
      event.preventDefault();
      event.stopPropagation();
      press.current = null;
      latest.current.onCancel();
    };
    window.addEventListener("keydown", cancel, true);
    return () => window.removeEventListener("keydown", cancel, true);
  }, []);

  const end = (cancelled: boolean) => {
    const was = press.current;
    press.current = null;
    if (!was) return;
    if (!was.moved) {
      if (!cancelled) scrub.onTap?.();
    } else if (cancelled) scrub.onCancel();
    else scrub.onEnd();
  };

  return {
    onPointerDown(event: PointerEvent<HTMLElement>) {
      // A finger scrolls and taps; the field opens the number keys for it.
      if (!scrub.enabled() || event.button !== 0 || event.pointerType === "touch") return;
      dragged.current = false;
      press.current = { x: event.clientX, pointer: event.pointerId, moved: false };
      event.currentTarget.setPointerCapture(event.pointerId);
    },
    onPointerMove(event: PointerEvent<HTMLElement>) {
      const now = press.current;
      if (now?.pointer !== event.pointerId) return;
      const distance = event.clientX - now.x;
      if (!now.moved && Math.abs(distance) < THRESHOLD) return;
      now.moved = true;
      dragged.current = true;
      scrub.onMove(distance, event);
    },
    onPointerUp: () => end(false),
    onPointerCancel: () => end(true),
    onClick(event: MouseEvent<HTMLElement>) {
      // A drag ends with a click, which would focus what a label belongs to.
      if (dragged.current) event.preventDefault();
    },
  };
}
