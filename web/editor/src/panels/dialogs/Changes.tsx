/** How one version of a workflow differs from another, as a list. */

import { useMemo } from "react";
import { useStore } from "zustand";
import { shortId } from "../../document/catalogue";
import { diffWorkflows } from "../../document/diff";
import type { Scope, Workflow } from "../../document/workflow";
import { useT } from "../../i18n";
import { server } from "../../state/server";
import {
  type ChangeGroup,
  type ChangeLine,
  changeGroups,
  countsOf,
  linesOf,
  type NodeLines,
  nodeTitle,
} from "../changes";
import { Icon } from "../ui/Icon";
import type { IconName } from "../ui/icons";
import "./changes.css";

interface Props {
  readonly before: Workflow;
  readonly after: Workflow;
  /** Shows a node that the later version has. */
  onShow?(scope: Scope, id: string): void;
}

const MARKS: Readonly<Record<NodeLines["mark"], IconName>> = {
  added: "plus",
  removed: "minus",
  changed: "pencil",
};

export function Changes({ before, after, onShow }: Props) {
  const t = useT();
  const diff = useMemo(() => diffWorkflows(before, after), [before, after]);
  const groups = useMemo(() => changeGroups(diff, before, after), [diff, before, after]);
  const { moved } = countsOf(diff);
  if (diff.same)
    return (
      <p className="changes-none">
        {moved > 0 ? t("panels.diff.moved.only", { count: moved }) : t("panels.diff.same")}
      </p>
    );
  return (
    <div className="changes">
      {groups.map((one) => (
        <Group key={one.scope ?? ""} group={one} {...(onShow ? { onShow } : {})} />
      ))}
      <Lines title={t("panels.diff.parameters")} lines={linesOf(diff.parameters)} />
      <Lines title={t("panels.diff.requires")} lines={linesOf(diff.requires)} />
      {moved > 0 && <p className="changes-moved">{t("panels.diff.moved", { count: moved })}</p>}
    </div>
  );
}

interface GroupProps {
  readonly group: ChangeGroup;
  onShow?(scope: Scope, id: string): void;
}

function Group({ group, onShow }: GroupProps) {
  const t = useT();
  const { scope, state, nodes, inputs, outputs } = group;
  return (
    <section>
      {scope !== null && (
        <h3 className="changes-head">{t(`panels.diff.subgraph.${state}`, { name: scope })}</h3>
      )}
      <ul className="changes-nodes">
        {nodes.map((one) => (
          <Node
            key={one.id}
            change={one}
            {...(onShow ? { onShow: () => onShow(scope, one.id) } : {})}
          />
        ))}
      </ul>
      <Lines title={t("panels.diff.inputs")} lines={inputs} />
      <Lines title={t("panels.diff.outputs")} lines={outputs} />
    </section>
  );
}

function Node({ change, onShow }: { readonly change: NodeLines; onShow?(): void }) {
  const t = useT();
  const catalogue = useStore(server, (state) => state.catalogue);
  const { id, mark, node, lines } = change;
  const name = (
    <>
      <span className="changes-title">{nodeTitle(node, catalogue)}</span>
      <span className="changes-id">
        {id} · {shortId(node.type)}
      </span>
    </>
  );
  return (
    <li className={`changes-node is-${mark}`}>
      <span className="changes-mark" title={t(`panels.diff.${mark}`)}>
        <Icon name={MARKS[mark]} />
        <span className="visually-hidden">{t(`panels.diff.${mark}`)}</span>
      </span>
      <div className="changes-what">
        {onShow && mark !== "removed" ? (
          <button type="button" className="changes-name" onClick={onShow}>
            {name}
          </button>
        ) : (
          <span className="changes-name">{name}</span>
        )}
        <LineList lines={lines} />
      </div>
    </li>
  );
}

function Lines({
  title,
  lines,
}: {
  readonly title: string;
  readonly lines: readonly ChangeLine[];
}) {
  if (lines.length === 0) return null;
  return (
    <section>
      <h3 className="changes-head">{title}</h3>
      <LineList lines={lines} />
    </section>
  );
}

function LineList({ lines }: { readonly lines: readonly ChangeLine[] }) {
  const t = useT();
  if (lines.length === 0) return null;
  return (
    <dl className="changes-lines">
      {lines.map((one) => (
        <div key={`${one.field ?? ""}.${one.what}`} className="changes-line">
          <dt>{one.field ? t(`panels.diff.field.${one.field}`) : one.what}</dt>
          <dd>
            <Value text={one.before} />
            <span className="changes-arrow" role="img" aria-label={t("panels.diff.becomes")}>
              →
            </span>
            <Value text={one.after} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Value({ text }: { readonly text: string | null }) {
  const t = useT();
  if (text === null)
    return <span className="changes-value is-none">{t("panels.diff.nothing")}</span>;
  return (
    <span className="changes-value" title={text}>
      {text === "" ? t("panels.diff.empty") : text}
    </span>
  );
}
