/** Text onto the clipboard, where the browser gives the page one. */

import { t } from "../i18n";

/** Over plain HTTP from another machine only the browser's own copy and paste work, by their keys. */
export function hasClipboard(): boolean {
  return "clipboard" in navigator;
}

/** Rejects with the reason in words where the page has no clipboard. */
export async function copyWords(text: string): Promise<void> {
  await clipboard().writeText(text);
}

export function clipboard(): Clipboard {
  if (!hasClipboard()) throw new Error(t("shell.clipboard.none"));
  return navigator.clipboard;
}
