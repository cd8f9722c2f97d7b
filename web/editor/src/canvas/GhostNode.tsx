/** A node that only the compared version has, where it was: faint, and nothing to work with. */

import type { NodeProps } from "@xyflow/react";
import { memo } from "react";
import { colourClass } from "../document/kinds";
import { useT } from "../i18n";
import type { GhostElement } from "./elements";

export const GhostNode = memo(function GhostNode({ data }: NodeProps<GhostElement>) {
  const t = useT();
  const { sockets, size } = data.ghost;
  const kind = colourClass(sockets.outputs[0]?.kind ?? sockets.inputs[0]?.kind ?? "any");
  return (
    <section className="ghost" aria-label={`${sockets.title}, ${t("canvas.compare.removed")}`}>
      <div className="card-header">
        <span className={`card-mark kind-${kind}`} aria-hidden="true" />
        <span className="card-title">{sockets.title}</span>
        <span className="ghost-badge">{t("canvas.compare.removed")}</span>
      </div>
      {size.rows.map((row) => (
        <div
          key={`${row.output ?? ""}:${row.input ?? ""}`}
          className="card-row"
          style={{ top: row.y, height: row.height }}
        >
          {row.input !== null && <span className="card-label">{row.input}</span>}
          {row.output !== null && <span className="card-output">{row.output}</span>}
        </div>
      ))}
    </section>
  );
});
