/** Following a pointer that drags a handle. */

import type { PointerEvent } from "react";

/** From now until it is let go: how far it is from where it went down, in pixels of the screen. */
export function track(
  down: PointerEvent<HTMLElement>,
  onMove: (dx: number, dy: number) => void,
  onEnd: () => void = () => undefined,
): void {
  const handle = down.currentTarget;
  const { clientX, clientY } = down;
  const move = (event: globalThis.PointerEvent) =>
    onMove(event.clientX - clientX, event.clientY - clientY);
  handle.setPointerCapture(down.pointerId);
  handle.addEventListener("pointermove", move);
  // Also where the browser takes the pointer away, as when a finger begins to scroll.
  handle.addEventListener(
    "lostpointercapture",
    () => {
      handle.removeEventListener("pointermove", move);
      onEnd();
    },
    { once: true },
  );
}
