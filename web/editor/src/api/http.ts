/** Requests to the server. A refusal is an `ApiError` with the server's own words and problems. */

import type { ProblemView } from "./types";

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly problems: readonly ProblemView[] = [],
    /** The body as it came: a conflict's holds the newest revision. */
    readonly body = "",
  ) {
    super(message);
    this.name = "ApiError";
  }
}

/** The server did not answer at all. */
export class Unreachable extends Error {
  constructor() {
    super("the server does not answer");
    this.name = "Unreachable";
  }
}

export interface Sent {
  readonly method?: string;
  /** JSON text: workflows are written by the document's own writer, which loses no number. */
  readonly text?: string;
  readonly body?: BodyInit;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

let signedOut: () => void = () => undefined;

/** Hear when the server no longer knows this browser: its token is another one since. */
export function whenSignedOut(hear: () => void): void {
  signedOut = hear;
}

/** The text of an answer. Raises ApiError and Unreachable. */
export async function ask(path: string, sent: Sent = {}): Promise<string> {
  const headers: Record<string, string> = { ...sent.headers };
  if (sent.text !== undefined) headers["Content-Type"] = "application/json";
  let response: Response;
  let text: string;
  try {
    response = await fetch(path, {
      method: sent.method ?? "GET",
      headers,
      body: sent.text ?? sent.body ?? null,
      signal: sent.signal ?? null,
      credentials: "same-origin",
    });
    text = await response.text();
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Unreachable();
  }
  if (response.status === 401) signedOut();
  if (!response.ok) throw refusal(response.status, text);
  return text;
}

/** The JSON of an answer that holds no workflow. */
export async function askJson<T>(path: string, sent: Sent = {}): Promise<T> {
  return JSON.parse(await ask(path, sent)) as T;
}

function refusal(status: number, text: string): ApiError {
  try {
    const { error } = JSON.parse(text) as {
      error: { code: string; message: string; problems?: ProblemView[] };
    };
    return new ApiError(status, error.code, error.message, error.problems ?? [], text);
  } catch {
    return new ApiError(status, "unknown", `HTTP ${status}`, [], text);
  }
}
