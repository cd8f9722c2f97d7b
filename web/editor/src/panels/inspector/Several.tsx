/** What can be done with several nodes at once. */

import { action, perform } from "../../app/actions";
import { useT } from "../../i18n";
import { useGraph } from "../../state/hooks";
import { Button } from "../ui/Button";
import type { IconName } from "../ui/icons";
import { Tooltip } from "../ui/Tooltip";
import { AlignIcon } from "./AlignIcons";
import { Section } from "./Section";

const ALIGN: readonly (readonly [id: string, icon: AlignIcon])[] = [
  ["graph.align.left", "left"],
  ["graph.align.horizontal", "horizontal"],
  ["graph.align.right", "right"],
  ["graph.align.top", "top"],
  ["graph.align.vertical", "vertical"],
  ["graph.align.bottom", "bottom"],
  ["graph.distribute.horizontal", "across"],
  ["graph.distribute.vertical", "down"],
];
const ACTIONS: readonly (readonly [id: string, icon: IconName])[] = [
  ["run.here", "run"],
  ["graph.group", "group"],
  ["graph.subgraph", "workflows"],
  ["graph.mute", "mute"],
  ["graph.bypass", "bypass"],
  ["graph.collapse", "minus"],
  ["graph.layout", "layout"],
  ["edit.duplicate", "copy"],
  ["edit.delete", "trash"],
];

export function Several({ ids }: { readonly ids: readonly string[] }) {
  const t = useT();
  const { nodes } = useGraph();
  const count = ids.filter((id) => id in nodes).length;
  const boxes = ids.length - count;
  return (
    <div className="inspector">
      <p className="inspector-count">
        {t("inspector.selected", { count })}
        {boxes > 0 && t("inspector.selected.boxes", { count: boxes })}
      </p>
      {count > 1 && (
        <Section title={t("inspector.arrange")}>
          <div className="inspector-align">
            {ALIGN.map(([id, icon]) => {
              const does = action(id);
              const label = does ? t(does.label) : id;
              return (
                <Tooltip key={id} text={label}>
                  <button
                    type="button"
                    className="icon-button"
                    aria-label={label}
                    onClick={() => perform(id)}
                  >
                    <AlignIcon name={icon} />
                  </button>
                </Tooltip>
              );
            })}
          </div>
        </Section>
      )}
      <Section title={t("inspector.actions")}>
        <div className="inspector-actions">
          {ACTIONS.map(([id, icon]) => {
            const does = action(id);
            return does && does.enabled?.() !== false ? (
              <Button key={id} icon={icon} onClick={() => perform(id)}>
                {t(does.label)}
              </Button>
            ) : null;
          })}
        </div>
      </Section>
    </div>
  );
}
