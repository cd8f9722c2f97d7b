/** Says that the canvas is compared with another version, and ends that. */

import { useStore } from "zustand";
import { useT } from "../i18n";
import { comparison, leaveComparison } from "../state/comparison";
import { useTab } from "../state/hooks";
import { openDialog } from "../state/ui";
import { countsOf } from "./changes";
import { Button } from "./ui/Button";
import { Icon } from "./ui/Icon";
import "./compare_bar.css";

export function CompareBar() {
  const t = useT();
  const tab = useTab();
  const { tab: compared, label, diff } = useStore(comparison);
  if (diff === null || compared !== tab.id) return null;
  const { added, removed, changed } = countsOf(diff);
  return (
    <section className="compare-bar" aria-label={t("panels.compare")}>
      <Icon name="compare" />
      <span className="compare-bar-label">{t("panels.compare.against", { version: label })}</span>
      <span className="compare-bar-counts">
        <span className="compare-bar-added">{t("panels.compare.added", { count: added })}</span>
        <span className="compare-bar-removed">
          {t("panels.compare.removed", { count: removed })}
        </span>
        <span className="compare-bar-changed">
          {t("panels.compare.changed", { count: changed })}
        </span>
      </span>
      <Button look="quiet" onClick={() => openDialog({ kind: "compare", tab: tab.id })}>
        {t("panels.compare.list")}
      </Button>
      <Button look="quiet" onClick={leaveComparison}>
        {t("panels.action.compare.leave")}
      </Button>
    </section>
  );
}
