/** What an input takes, in words. */

import { inputSpec, type Schema } from "../document/catalogue";
import { writeJson } from "../document/json";
import type { Problem } from "../document/validate";
import { t } from "../i18n";
import { server } from "../state/server";

const SHOWN = 8;

/** What a schema allows; null where it says nothing that helps. */
export function expectation(schema: Schema): string | null {
  const { minimum: min, maximum: max } = schema;
  if (schema.enum) return choices(schema.enum.map((one) => writeJson(one)));
  if (schema.anyOf) {
    const [one, other] = schema.anyOf.map(expectation);
    return one && other ? t("document.expected.or", { one, other }) : (one ?? other ?? null);
  }
  switch (schema.type) {
    case "integer":
    case "number": {
      const what = t(
        schema.type === "integer" ? "document.expected.whole" : "document.expected.number",
      );
      if (min !== undefined && max !== undefined)
        return t("document.expected.between", { what, min, max });
      if (min !== undefined) return t("document.expected.least", { what, min });
      return max !== undefined ? t("document.expected.most", { what, max }) : what;
    }
    case "string":
      return schema.maxLength === undefined
        ? t("document.expected.text")
        : t("document.expected.short", { max: schema.maxLength });
    case "boolean":
      return t("document.expected.switch");
    case "array":
      return t("document.expected.list");
    case "object":
      return t("document.expected.object");
    case "null":
      return t("document.expected.nothing");
    default:
      return null;
  }
}

function choices(all: readonly string[]): string {
  const shown = all.slice(0, SHOWN).join(", ");
  return t("document.expected.one", { choices: all.length > SHOWN ? `${shown}, …` : shown });
}

/** What the input of a refused value takes. */
export function expectedAt({ params, input }: Problem): string | null {
  const spec = server.getState().catalogue.get(String(params.type));
  const found = spec && input !== undefined ? inputSpec(spec, input) : undefined;
  return found ? expectation(found.schema) : null;
}
