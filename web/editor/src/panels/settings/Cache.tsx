import { useState } from "react";
import { clearCache } from "../../api/client";
import { useT } from "../../i18n";
import { loadSystem } from "../../state/connect";
import { toast } from "../../state/ui";
import { attempt } from "../attempt";
import { bytesText } from "../format";
import { Button } from "../ui/Button";
import { Amount } from "./facts";
import { type Tier, tiersOf } from "./system_facts";

/** What is kept of earlier runs, tier by tier, and forgetting it. */
export function CacheTiers({ cache }: { readonly cache: Readonly<Record<string, unknown>> }) {
  const t = useT();
  const [busy, setBusy] = useState(false);
  const held = tiersOf(cache);
  const clear = async (tier: Tier | null) => {
    setBusy(true);
    await attempt(async () => {
      const freed = await clearCache(tier);
      toast("ok", t("settings.cache.freed", { size: bytesText(freed) }));
      await loadSystem();
    });
    setBusy(false);
  };
  if (held.length === 0) return <p className="system-none">{t("settings.cache.none")}</p>;
  return (
    <>
      {held.map(({ tier, values, bytes, budget }) => (
        <div key={tier} className="system-tier">
          <Amount name={t(`settings.tier.${tier}`)} used={bytes} total={budget} />
          <div className="system-tier-foot">
            <span>{t("settings.cache.values", { count: values })}</span>
            <Button
              disabled={busy || values === 0}
              aria-label={t("settings.cache.clear.tier", { tier: t(`settings.tier.${tier}`) })}
              onClick={() => void clear(tier)}
            >
              {t("settings.cache.clear")}
            </Button>
          </div>
        </div>
      ))}
      {held.length > 1 && (
        <Button icon="trash" disabled={busy} onClick={() => void clear(null)}>
          {t("settings.cache.clear.all")}
        </Button>
      )}
    </>
  );
}
