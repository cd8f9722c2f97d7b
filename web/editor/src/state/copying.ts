/** Text onto the clipboard, where the browser gives the page one. */

import { t } from "../i18n";

/** Rejects with the reason in words: over plain HTTP from another machine a page has no clipboard. */
export async function copyWords(text: string): Promise<void> {
  await clipboard().writeText(text);
}

export function clipboard(): Clipboard {
  if (!("clipboard" in navigator)) throw new Error(t("shell.clipboard.none"));
  return navigator.clipboard;
}
