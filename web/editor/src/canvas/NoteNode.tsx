/** A note on the canvas. */

import type { NodeProps } from "@xyflow/react";
import { memo, useState } from "react";
import * as commands from "../document/commands";
import { useT } from "../i18n";
import { activeTab, run, sealStep } from "../state/tabs";
import { BoxResize } from "./BoxResize";
import type { NoteElement } from "./elements";
import { model } from "./model";
import { NoteBody } from "./NoteCard";

export const NoteNode = memo(function NoteNode({ data, selected }: NodeProps<NoteElement>) {
  const t = useT();
  const { note } = data;
  const [editing, setEditing] = useState(() => isFresh(note));
  const edit = (change: { text?: string; box?: typeof note.box }) =>
    run(commands.editNote(model.getState().scope, note.id, change));
  return (
    <article className={`note ${selected ? "is-selected" : ""}`} aria-label={t("canvas.note")}>
      <NoteBody
        text={note.text}
        editing={editing}
        onEdit={() => setEditing(true)}
        onChange={(text) => edit({ text })}
        onDone={() => {
          setEditing(false);
          sealStep();
        }}
      />
      <BoxResize
        box={note.box}
        least={[120, 60]}
        label={t("canvas.resize", { name: t("canvas.note") })}
        onResize={(box) => edit({ box })}
      />
    </article>
  );
});

/** A note that was just added is there to be written. */
function isFresh({ id, text }: NoteElement["data"]["note"]): boolean {
  const last = activeTab()?.history.past.at(-1);
  const newest = model.getState().graph.view.notes?.at(-1);
  return text === "" && last?.name === "addNote" && newest?.id === id;
}
