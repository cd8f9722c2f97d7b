import type { CSSProperties } from "react";
import type { Card } from "../canvas/model";
import { shortId } from "../document/catalogue";
import { type MessageKey, useT } from "../i18n";
import { useNodeNews } from "../state/node_runs";
import type { Branch } from "./outline_tree";
import { Icon } from "./ui/Icon";
import type { IconName } from "./ui/icons";

interface Props {
  readonly row: Branch;
  readonly card: Card;
  readonly height: number;
  readonly folded: boolean;
  readonly selected: boolean;
  /** Whether the Tab key comes here. */
  readonly reachable: boolean;
  onChoose(): void;
  onFold(): void;
}

/** Deeper rows stand no further in: there must be room for their names. */
const DEEPEST = 9;

export function OutlineRow(props: Props) {
  const { row, card, height, folded, selected, reachable, onChoose, onFold } = props;
  const t = useT();
  const { run } = useNodeNews(row.id);
  const { node, sockets, problems } = card;
  const signs = [
    ...(node.mode ? [signOfMode(node.mode)] : []),
    ...(problems.length > 0 ? [PROBLEM] : []),
    ...(run ? (SIGNS[run.state] ?? []) : []),
  ];
  const level = Math.min(DEEPEST, row.level);
  return (
    <div
      role="treeitem"
      data-row={row.id}
      className="outline-row"
      style={{ "--outline-level": level - 1, height } as CSSProperties}
      aria-level={row.level}
      aria-posinset={row.place}
      aria-setsize={row.siblings}
      aria-selected={selected}
      aria-expanded={row.children > 0 ? !folded : undefined}
      tabIndex={reachable ? 0 : -1}
      onClick={onChoose}
    >
      <span
        className="outline-fold"
        aria-hidden="true"
        onClick={(event) => {
          if (row.children === 0) return;
          event.stopPropagation();
          onFold();
        }}
      >
        {row.children > 0 && <Icon name={folded ? "chevron-right" : "chevron-down"} />}
      </span>
      <span className="outline-title">{sockets.title}</span>
      <span className="outline-type">{shortId(node.type)}</span>
      <span className="outline-signs">
        {signs.map((one) => {
          const words = t(one.label, { count: problems.length });
          return (
            <span key={one.label} className={`outline-sign is-${one.tone}`} title={words}>
              <Icon name={one.icon} />
              <span className="visually-hidden">{words}</span>
            </span>
          );
        })}
      </span>
    </div>
  );
}

interface Sign {
  readonly icon: IconName;
  readonly tone: "plain" | "ok" | "warn" | "error" | "accent";
  readonly label: MessageKey;
}

const PROBLEM: Sign = { icon: "warning", tone: "warn", label: "panels.outline.problems" };
const SIGNS: Readonly<Record<string, readonly Sign[]>> = {
  waiting: [{ icon: "clock", tone: "plain", label: "panels.outline.waiting" }],
  running: [{ icon: "run", tone: "accent", label: "panels.outline.running" }],
  ran: [{ icon: "check", tone: "ok", label: "panels.outline.ran" }],
  cached: [{ icon: "check", tone: "plain", label: "panels.outline.cached" }],
  failed: [{ icon: "error", tone: "error", label: "panels.outline.failed" }],
  skipped: [{ icon: "minus", tone: "plain", label: "panels.outline.skipped" }],
};

function signOfMode(mode: "mute" | "bypass"): Sign {
  return { icon: mode, tone: "plain", label: `panels.outline.${mode}` };
}
