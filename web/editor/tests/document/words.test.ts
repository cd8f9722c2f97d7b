import { describe, expect, it } from "vitest";
import { COMMANDS } from "../../src/document/commands";
import { BAD_CODES } from "../../src/document/errors";
import { PROBLEM_CODES } from "../../src/document/problems";
import { REFUSALS } from "../../src/document/subgraphs";
import { en } from "../../src/i18n/en";

describe("everything that the document says", () => {
  it.each([
    ["command", COMMANDS],
    ["document.problem", PROBLEM_CODES],
    ["document.bad", BAD_CODES],
    ["document.refused", REFUSALS],
    ["document.name", ["empty", "characters", "long", "taken"]],
  ])("has words under %s", (area, codes) => {
    const missing = codes.map((code) => `${area}.${code}`).filter((key) => !(key in en));
    expect(missing).toEqual([]);
  });
});
