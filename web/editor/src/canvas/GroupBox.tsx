/** A titled box behind nodes. Its title drags it, with all that lies inside. */

import type { NodeProps } from "@xyflow/react";
import { memo } from "react";
import * as commands from "../document/commands";
import { useT } from "../i18n";
import { run, sealStep } from "../state/tabs";
import { BoxResize } from "./BoxResize";
import type { GroupElement } from "./elements";
import { model } from "./model";

export const GroupBox = memo(function GroupBox({ data, selected }: NodeProps<GroupElement>) {
  const t = useT();
  const { group } = data;
  const edit = (change: commands.GroupChange) =>
    run(commands.editGroup(model.getState().scope, group.id, change));
  return (
    <section
      className={`group-box ${selected ? "is-selected" : ""} ring-${group.colour ?? 0}`}
      aria-label={group.title || t("canvas.group.title")}
    >
      <input
        className="group-title nodrag"
        value={group.title}
        placeholder={t("canvas.group.title")}
        aria-label={t("canvas.group.name")}
        size={Math.max(6, group.title.length + 1)}
        onChange={(event) => edit({ title: event.target.value })}
        onBlur={sealStep}
      />
      <BoxResize
        box={group.box}
        least={[120, 80]}
        label={t("canvas.resize", { name: group.title })}
        onResize={(box) => edit({ box })}
      />
    </section>
  );
});
