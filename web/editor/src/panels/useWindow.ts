import { type RefObject, useLayoutEffect, useRef, useState } from "react";

const BEYOND = 10;

export interface Window {
  readonly box: RefObject<HTMLDivElement | null>;
  readonly from: number;
  readonly to: number;
}

/** Which rows of a long list are in sight, where all are as high and something around scrolls. */
export function useWindow(count: number, height: number): Window {
  const box = useRef<HTMLDivElement>(null);
  const [range, setRange] = useState({ from: 0, to: 60 });
  useLayoutEffect(() => {
    const list = box.current;
    const pane = list && scrollerOf(list);
    if (!list || !pane) return;
    const look = () => {
      const above = pane.getBoundingClientRect().top - list.getBoundingClientRect().top;
      const from = Math.max(0, Math.floor(above / height) - BEYOND);
      const to = Math.min(count, Math.ceil((above + pane.clientHeight) / height) + BEYOND);
      setRange((old) => (old.from === from && old.to === to ? old : { from, to }));
    };
    look();
    const sizes = new ResizeObserver(look);
    sizes.observe(pane);
    pane.addEventListener("scroll", look, { passive: true });
    return () => {
      sizes.disconnect();
      pane.removeEventListener("scroll", look);
    };
  }, [count, height]);
  return { box, ...range };
}

function scrollerOf(element: HTMLElement): HTMLElement | null {
  for (let one = element.parentElement; one; one = one.parentElement)
    if (/auto|scroll/.test(getComputedStyle(one).overflowY)) return one;
  return document.documentElement;
}
