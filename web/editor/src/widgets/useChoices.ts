/** What may be chosen for an input, as the server last said: one answer for all fields alike. */

import { useEffect, useSyncExternalStore } from "react";
import type { FieldEnvironment } from "./contract";

interface Answer {
  /** null until the server has answered. */
  readonly names: readonly string[] | null;
  readonly error: string | null;
  readonly loading: boolean;
}

export interface ChoicesState extends Answer {
  refresh(): void;
}

const UNASKED: Answer = { names: null, error: null, loading: false };
const answers = new Map<string, Answer>();
const listeners = new Set<() => void>();

function put(key: string, answer: Answer): void {
  answers.set(key, answer);
  for (const listener of listeners) listener();
}

async function ask(env: FieldEnvironment, input: string, key: string): Promise<void> {
  const last = answers.get(key) ?? UNASKED;
  if (last.loading) return;
  put(key, { ...last, loading: true });
  try {
    const names = await env.choices(env.node.type, input);
    put(key, { names, error: null, loading: false });
  } catch (error) {
    put(key, { names: last.names, error: wordsOf(error), loading: false });
  }
}

/** The last answer, at once; `fresh` asks again each time the component appears. */
export function useChoices(env: FieldEnvironment, input: string, fresh = false): ChoicesState {
  const key = `${env.node.type}\n${input}`;
  const answer = useSyncExternalStore(subscribe, () => answers.get(key) ?? UNASKED);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key says all that the answer depends on
  useEffect(() => {
    if (fresh || !answers.has(key)) void ask(env, input, key);
  }, [key, fresh]);
  return { ...answer, refresh: () => void ask(env, input, key) };
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
