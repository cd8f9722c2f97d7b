import { useState } from "react";

export interface Draft {
  /** What the field shows. */
  readonly text: string;
  readonly editing: boolean;
  set(text: string): void;
  /** Show the value again. */
  end(): void;
}

/** Text while it is edited: what was typed stands until the gesture ends, whatever it comes to. */
export function useDraft(shown: string): Draft {
  const [draft, setDraft] = useState<string | null>(null);
  return {
    text: draft ?? shown,
    editing: draft !== null,
    set: setDraft,
    end: () => setDraft(null),
  };
}
