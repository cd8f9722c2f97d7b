/** What is wrong with a text that should be a workflow. */

export const BAD_CODES = [
  "syntax",
  "number",
  "deep",
  "surrogate",
  "duplicate",
  "object",
  "text",
  "texts",
  "integer",
  "mode",
  "required",
  "field",
  "name",
  "length",
  "format",
  "png",
  "history",
  "recursive",
] as const;

export type BadCode = (typeof BAD_CODES)[number];

export interface DocumentProblem {
  /** For wording: the key `document.bad.CODE`, which may name `path`, `got` and so on. */
  readonly code: BadCode;
  /** Such as "nodes.sample.version"; empty where it is the whole text. */
  readonly path: string;
  readonly message: string;
  readonly expected?: string;
  readonly got?: string;
  readonly suggestion?: string;
  readonly line?: number;
  readonly column?: number;
}

/** A text that is no workflow, with everything that is wrong with it. */
export class DocumentError extends Error {
  constructor(readonly problems: readonly DocumentProblem[]) {
    super(problems.map((one) => [one.path, one.message].filter(Boolean).join(": ")).join("\n"));
    this.name = "DocumentError";
  }
}
