/**
 * Errors that a plugin's code throws later, in an event or a timer. They reach only the window: the
 * address in the error says whose they are, and the last touch which of several widgets it was.
 */

interface Watched {
  readonly plugin: string;
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
  };
  for (const event of TOUCHES) widget.element.addEventListener(event, touch, true);
  return () => {
    for (const event of TOUCHES) widget.element.removeEventListener(event, touch, true);
    watched.delete(widget);
    if (touched === widget) touched = null;
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
  const suspects = [...watched].filter((one) => isFrom(trace, one.plugin));
  const guilty = touched && suspects.includes(touched) ? [touched] : suspects;
  if (guilty.length === 0) return false;
  console.error(error);
  for (const one of guilty) one.fail(error);
  return true;
}

/** Whether a plugin's own files take part in an error. */
export function isFrom(trace: string, plugin: string): boolean {
  const addresses = trace.match(/https?:\/\/[^\s)]+/g) ?? [];
  return addresses.some((one) => one.includes(`/ext/${encodeURIComponent(plugin)}/`));
}
