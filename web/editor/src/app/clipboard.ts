/** Copy, cut and paste by the browser's own events, which need no permission. */

import { openFiles } from "../canvas/dropping";
import { perform } from "./actions";
import { copyText, pasteText } from "./graph_actions";
import { isTextField } from "./keys";

/** Follow the clipboard's events until the page is left. */
export function followClipboard(): () => void {
  const ends = [listen("copy", onCopy), listen("cut", onCut), listen("paste", onPaste)];
  return () => {
    for (const end of ends) end();
  };
}

function listen(type: "copy" | "cut" | "paste", hear: (event: ClipboardEvent) => void) {
  const guarded = (event: ClipboardEvent) => {
    const target = event.target instanceof Element ? event.target : null;
    if (isTextField(target) || target?.closest("dialog[open]")) return;
    // A text that is marked on the page is meant, not the nodes.
    if (type !== "paste" && window.getSelection()?.toString()) return;
    hear(event);
  };
  document.addEventListener(type, guarded);
  return () => document.removeEventListener(type, guarded);
}

function onCopy(event: ClipboardEvent): boolean {
  const text = copyText();
  if (text === null) return false;
  event.clipboardData?.setData("text/plain", text);
  event.preventDefault();
  return true;
}

function onCut(event: ClipboardEvent): void {
  if (onCopy(event)) perform("edit.delete");
}

function onPaste(event: ClipboardEvent): void {
  const files = [...(event.clipboardData?.files ?? [])];
  const text = event.clipboardData?.getData("text/plain") ?? "";
  event.preventDefault();
  if (files.length > 0) void openFiles(files);
  else if (text) pasteText(text);
}
