/** One entry of the search: its name, where it comes from, what it does, what goes in and out. */

import { memo } from "react";
import type { Catalogue } from "../../document/catalogue";
import type { Range } from "../../document/fuzzy";
import { socketsOfType } from "../../document/passage";
import type { Workflow } from "../../document/workflow";
import { useT } from "../../i18n";
import { KindRow } from "../KindMark";
import { Icon } from "../ui/Icon";
import { type Entry, pieces } from "./entries";
import { firstLine } from "./help";

interface Props {
  readonly id: string;
  readonly entry: Entry;
  readonly active: boolean;
  readonly catalogue: Catalogue;
  readonly workflow: Workflow;
  onPoint(): void;
  onChoose(): void;
}

export const Option = memo(function Option(props: Props) {
  const { id, entry, active, onPoint, onChoose } = props;
  return (
    <div
      id={id}
      role="option"
      tabIndex={-1}
      aria-selected={active}
      className="node-search-option"
      onPointerMove={active ? undefined : onPoint}
      onClick={onChoose}
    >
      <span className="node-search-title">
        <Matched text={entry.title} ranges={entry.titleRanges} />
      </span>
      {"extra" in entry ? (
        <Icon name={entry.extra} />
      ) : (
        <Kinds type={entry.type} catalogue={props.catalogue} workflow={props.workflow} />
      )}
      <About entry={entry} />
    </div>
  );
}, sameOption);

/** Functions are made anew each time and mean the same. */
function sameOption(a: Props, b: Props): boolean {
  return a.id === b.id && a.entry === b.entry && a.active === b.active;
}

function About({ entry }: { readonly entry: Entry }) {
  const t = useT();
  if ("extra" in entry)
    return <span className="node-search-about">{t(`search.${entry.extra}.help`)}</span>;
  const { type, plugin, help, typeRanges } = entry;
  if (plugin === "" && !entry.spec)
    return <span className="node-search-about">{t("search.subgraph")}</span>;
  return (
    <span className="node-search-about">
      <span className="node-search-type">
        <Matched text={type} ranges={typeRanges} />
      </span>
      <span className="node-search-plugin">{plugin}</span>
      <span className="node-search-help">{firstLine(help)}</span>
    </span>
  );
}

export function Matched(props: { readonly text: string; readonly ranges: readonly Range[] }) {
  const parts = pieces(props.text, props.ranges);
  return parts.map((one, index) =>
    one.matched ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of one text are told apart by place
      <mark key={index}>{one.text}</mark>
    ) : (
      one.text
    ),
  );
}

const SHOWN = 6;

function Kinds(props: Pick<Props, "catalogue" | "workflow"> & { readonly type: string }) {
  const { inputs, outputs } = socketsOfType(props.workflow, props.catalogue, props.type);
  const linked = inputs.filter((one) => !one.literal && !one.free);
  return <KindRow inputs={linked.slice(0, SHOWN)} outputs={outputs.slice(0, SHOWN)} />;
}
