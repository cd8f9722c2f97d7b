/** Zoom and pan of a picture by wheel, fingers, pointer and keys. */

import {
  type PointerEvent,
  useCallback,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import {
  bounded,
  centred,
  fitted,
  moved,
  type Point,
  pinched,
  type Size,
  type View,
  wheelFactor,
  zoomed,
} from "./viewport";

export interface Viewport {
  readonly view: View;
  readonly box: Size;
  fit(): void;
  /** One pixel of the picture for one of the page. */
  actual(): void;
  zoomBy(factor: number): void;
  panBy(dx: number, dy: number): void;
  /** Begin to pan or pinch. False where the pointer is left to the caller. */
  down(event: PointerEvent<HTMLElement>, pans: boolean): boolean;
  /** Whether the pointer moved the picture, and is none of the caller's. */
  move(event: PointerEvent<HTMLElement>): boolean;
  up(event: PointerEvent<HTMLElement>): boolean;
  /** A point of the window, in the box. */
  at(event: { readonly clientX: number; readonly clientY: number }): Point;
}

interface Held {
  readonly at: Point;
  /** Whether it moves the picture, rather than doing what the caller does. */
  readonly pans: boolean;
}

const NOTHING: Size = { width: 0, height: 0 };
const START: View = { scale: 1, x: 0, y: 0 };

/** `element` is the box that the picture is shown in; null until it is there. */
export function useViewport(element: HTMLElement | null, picture: Size | null): Viewport {
  const [box, setBox] = useState(NOTHING);
  // null while the picture is kept fitting.
  const [free, setFree] = useState<View | null>(null);
  const pointers = useRef(new Map<number, Held>());

  const known = picture !== null && box.width > 0;
  const view = !known ? START : free ? bounded(free, picture, box) : fitted(picture, box);
  const latest = useRef(view);
  latest.current = view;
  const set = useCallback((next: View) => {
    // Several events may come before the next drawing.
    latest.current = next;
    setFree(next);
  }, []);

  useLayoutEffect(() => {
    if (!element) return;
    const measure = () => setBox({ width: element.clientWidth, height: element.clientHeight });
    measure();
    const sizes = new ResizeObserver(measure);
    sizes.observe(element);
    return () => sizes.disconnect();
  }, [element]);

  const at = useCallback(
    (event: { readonly clientX: number; readonly clientY: number }): Point => {
      const edge = element?.getBoundingClientRect();
      return { x: event.clientX - (edge?.left ?? 0), y: event.clientY - (edge?.top ?? 0) };
    },
    [element],
  );

  useEffect(() => {
    if (!element) return;
    const turn = (event: WheelEvent) => {
      event.preventDefault();
      set(zoomed(latest.current, at(event), wheelFactor(event)));
    };
    element.addEventListener("wheel", turn, { passive: false });
    return () => element.removeEventListener("wheel", turn);
  }, [element, at, set]);

  const middle = { x: box.width / 2, y: box.height / 2 };
  return {
    view,
    box,
    at,
    fit: () => setFree(null),
    actual: () => picture && set(centred(picture, box, 1)),
    zoomBy: (factor) => set(zoomed(latest.current, middle, factor)),
    panBy: (dx, dy) => set(moved(latest.current, dx, dy)),
    down(event, pans) {
      const held = pointers.current;
      const takes = pans || event.pointerType === "touch";
      if (!takes || (event.button !== 0 && event.button !== 1)) return false;
      const moves = pans || held.size > 0;
      // A second finger makes a pinch of what the first began.
      if (moves) for (const [id, one] of held) held.set(id, { ...one, pans: true });
      held.set(event.pointerId, { at: at(event), pans: moves });
      if (moves) event.currentTarget.setPointerCapture(event.pointerId);
      return moves;
    },
    move(event) {
      const held = pointers.current;
      const was = held.get(event.pointerId);
      if (!was) return false;
      const now = at(event);
      held.set(event.pointerId, { at: now, pans: was.pans });
      if (!was.pans) return false;
      const other = [...held].find(([id]) => id !== event.pointerId)?.[1].at;
      if (other) set(pinched(latest.current, [was.at, other], [now, other]));
      else set(moved(latest.current, now.x - was.at.x, now.y - was.at.y));
      return true;
    },
    up(event) {
      const was = pointers.current.get(event.pointerId);
      pointers.current.delete(event.pointerId);
      return was?.pans ?? false;
    },
  };
}
