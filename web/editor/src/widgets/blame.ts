/**
 * Errors that a plugin's code throws later, in an event or a timer. They reach only the window: the
 * addresses in the error say whose they are, and what is being touched which of several it was.
 */

interface Watched {
  readonly plugin: string;
  /** Where the widget's module comes from, if that is known. */
  readonly url: string | undefined;
  readonly element: Element;
  readonly fail: (error: unknown) => void;
}

const watched = new Set<Watched>();
let touched: Watched | null = null;

const TOUCHES = ["pointerdown", "pointermove", "pointerup", "click", "input", "change", "keydown"];

/** Hear of the errors of a widget until the returned function is called. */
export function watch(widget: Watched): () => void {
  if (watched.size === 0) {
    window.addEventListener("error", onError);
    window.addEventListener("unhandledrejection", onRejection);
  }
  watched.add(widget);
  const touch = () => {
    touched = widget;
    // Only what is thrown while the event goes round comes from this touch for certain.
    window.setTimeout(() => {
      if (touched === widget) touched = null;
    });
  };
  for (const event of TOUCHES) widget.element.addEventListener(event, touch, true);
  return () => {
    for (const event of TOUCHES) widget.element.removeEventListener(event, touch, true);
    watched.delete(widget);
    if (watched.size > 0) return;
    window.removeEventListener("error", onError);
    window.removeEventListener("unhandledrejection", onRejection);
  };
}

function onError(event: ErrorEvent): void {
  if (blame(event.error ?? event.message, event.filename)) event.preventDefault();
}

function onRejection(event: PromiseRejectionEvent): void {
  if (blame(event.reason, "")) event.preventDefault();
}

function blame(error: unknown, file: string): boolean {
  const trace = `${file}\n${error instanceof Error ? (error.stack ?? "") : ""}`;
  const guilty = guiltyOf(trace, [...watched], touched);
  if (guilty.length === 0) return false;
  console.error(error);
  for (const one of guilty) one.fail(error);
  return true;
}

type Suspect = Pick<Watched, "plugin" | "url">;

/** Who of several widgets an error comes from: whose files it names, and best who was touched. */
export function guiltyOf<T extends Suspect>(
  trace: string,
  all: readonly T[],
  touching: T | null,
): readonly T[] {
  const addresses = trace.match(/https?:\/\/[^\s)]+/g) ?? [];
  const names = (part: string) => addresses.some((one) => one.includes(part));
  const suspects = all.filter((one) => names(`/ext/${encodeURIComponent(one.plugin)}/`));
  if (touching && suspects.includes(touching)) return [touching];
  const direct = suspects.filter((one) => one.url !== undefined && names(one.url));
  return direct.length > 0 ? direct : suspects;
}
