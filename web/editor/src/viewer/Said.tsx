import { useEffect, useState } from "react";

export interface Saying {
  readonly text: string;
  readonly shown: boolean;
  /** For whoever sees it, too. */
  aloud(text: string): void;
  /** For whoever does not see what happened. */
  quietly(text: string): void;
}

const SHOWN = 4000;

/** What just happened in a dialog, which hides the page's own live region. */
export function useSaid(): Saying {
  const [state, setState] = useState({ text: "", shown: false });
  useEffect(() => {
    if (!state.shown) return;
    const timer = window.setTimeout(() => setState({ text: "", shown: false }), SHOWN);
    return () => window.clearTimeout(timer);
  }, [state]);
  return {
    ...state,
    aloud: (text) => setState({ text, shown: true }),
    quietly: (text) => setState({ text, shown: false }),
  };
}

export function Said({ said }: { readonly said: Saying }) {
  return (
    <p className="viewer-said" role="status" data-shown={said.shown || undefined}>
      {said.text}
    </p>
  );
}
