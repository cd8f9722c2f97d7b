/** What is wrong with a text that should be a workflow, in words. */

import type { DocumentError } from "../document/errors";
import { type MessageKey, t } from "../i18n";

const SHOWN = 5;

/** The first problems of a file that cannot be read, one a line. */
export function documentErrorText({ problems }: DocumentError): string {
  const lines = problems.slice(0, SHOWN).map(({ code, suggestion, ...rest }) => {
    const { path, expected = "", got = "", line = 0, column = 0 } = rest;
    const text = t(`document.bad.${code}` as MessageKey, { path, expected, got, line, column });
    return suggestion ? `${text} ${t("document.suggestion", { name: suggestion })}` : text;
  });
  return [...lines, ...(problems.length > SHOWN ? ["…"] : [])].join("\n");
}
