/** What a run would do with a node, and why, in words. */

import type { PlannedNode } from "../../api/types";
import { type MessageKey, t } from "../../i18n";

const REASONS: Readonly<Record<string, MessageKey>> = {
  output: "inspector.why.output",
  new: "inspector.why.new",
  "not cached": "inspector.why.not-cached",
  "not kept": "inspector.why.not-kept",
  "code changed": "inspector.why.code",
  "value changed": "inspector.why.value",
  "upstream changed": "inspector.why.upstream",
};
const TIERS: Readonly<Record<string, MessageKey>> = {
  device: "inspector.tier.device",
  host: "inspector.tier.host",
  disk: "inspector.tier.disk",
};

export function forecastText({ action, reason, tier }: PlannedNode): string {
  if (action === "unneeded") return t("inspector.will.not");
  if (action === "cached") {
    const where = tier ? word(TIERS, tier) : "";
    return where ? t("inspector.will.cached", { where }) : t("canvas.foot.cached");
  }
  return reason ? t("inspector.will.run", { why: word(REASONS, reason) }) : t("canvas.foot.run");
}

function word(known: Readonly<Record<string, MessageKey>>, said: string): string {
  const key = Object.hasOwn(known, said) ? known[said] : undefined;
  return key ? t(key) : said;
}
