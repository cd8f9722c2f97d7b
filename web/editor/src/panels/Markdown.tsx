/** A text in Markdown. Plain until what reads Markdown is loaded. */

import { useLayoutEffect, useRef, useSyncExternalStore } from "react";
import "./markdown.css";

type Render = (text: string) => DocumentFragment;

let render: Render | null = null;
let loading = false;
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (!loading) {
    loading = true;
    import("./sanitise").then(
      (module) => {
        render = module.rendered;
        for (const one of listeners) one();
      },
      () => {
        // Plain text is shown meanwhile; the next note asks again.
        loading = false;
      },
    );
  }
  return () => listeners.delete(listener);
}

export function Markdown({ text }: { readonly text: string }) {
  const how = useSyncExternalStore(subscribe, () => render);
  return how ? <Rendered text={text} how={how} /> : <p className="markdown is-plain">{text}</p>;
}

function Rendered({ text, how }: { readonly text: string; readonly how: Render }) {
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    box.current?.replaceChildren(how(text));
  }, [text, how]);
  return <div ref={box} className="markdown" />;
}
