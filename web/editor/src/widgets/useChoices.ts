import { useEffect, useRef, useState } from "react";
import type { FieldEnvironment } from "./contract";

export interface ChoicesState {
  /** null until the server has answered. */
  readonly names: readonly string[] | null;
  readonly error: string | null;
  readonly loading: boolean;
  refresh(): void;
}

/** What may be chosen for an input now, from the server. The last answer stands while it is asked. */
export function useChoices(env: FieldEnvironment, input: string): ChoicesState {
  const { type } = env.node;
  const latest = useRef(env);
  latest.current = env;
  const [asked, setAsked] = useState(0);
  const [state, setState] = useState<Omit<ChoicesState, "refresh">>({
    names: null,
    error: null,
    loading: true,
  });
  useEffect(() => {
    let wanted = true;
    setState((was) => ({ ...was, loading: true }));
    latest.current.choices(type, input, asked > 0).then(
      (names) => wanted && setState({ names, error: null, loading: false }),
      (error: unknown) =>
        wanted && setState((was) => ({ names: was.names, error: wordsOf(error), loading: false })),
    );
    return () => {
      wanted = false;
    };
  }, [type, input, asked]);
  return { ...state, refresh: () => setAsked((count) => count + 1) };
}

export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
