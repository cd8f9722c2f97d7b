/** What a note shows: its text as Markdown, or the text itself while it is edited. */

import { type KeyboardEvent, type MouseEvent, useEffect, useRef, useState } from "react";
import { useT } from "../i18n";
import { Markdown } from "../panels/Markdown";
import "./note.css";

interface Props {
  readonly text: string;
  readonly editing: boolean;
  onEdit(): void;
  /** With every letter: a crash loses none. */
  onChange(text: string): void;
  onDone(): void;
}

export function NoteBody({ text, editing, onEdit, onChange, onDone }: Props) {
  const t = useT();
  const body = useRef<HTMLDivElement>(null);
  const edited = useRef(false);
  useEffect(() => {
    // Back from the text field, the keyboard stays on the note.
    if (edited.current && !editing && document.activeElement === document.body)
      body.current?.focus({ preventScroll: true });
    edited.current = editing;
  }, [editing]);
  if (editing) return <NoteEditor text={text} onChange={onChange} onDone={onDone} />;
  const onDoubleClick = (event: MouseEvent) => {
    event.stopPropagation();
    if (!(event.target instanceof Element && event.target.closest("a"))) onEdit();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.target !== body.current) return;
    event.preventDefault();
    event.stopPropagation();
    onEdit();
  };
  return (
    <div
      ref={body}
      className="note-body"
      role="group"
      aria-label={t("note.body")}
      tabIndex={0}
      onDoubleClick={onDoubleClick}
      onKeyDown={onKeyDown}
    >
      {text.trim() ? <Markdown text={text} /> : <p className="note-empty">{t("note.empty")}</p>}
    </div>
  );
}

type EditorProps = Pick<Props, "text" | "onChange" | "onDone">;

function NoteEditor({ text, onChange, onDone }: EditorProps) {
  const t = useT();
  const area = useRef<HTMLTextAreaElement>(null);
  // The document comes back a frame later: the caret must not jump meanwhile.
  const [draft, setDraft] = useState(text);
  useEffect(() => {
    area.current?.focus({ preventScroll: true });
    area.current?.setSelectionRange(area.current.value.length, area.current.value.length);
  }, []);
  const onKeyDown = (event: KeyboardEvent) => {
    event.stopPropagation();
    const done =
      event.key === "Escape" || (event.key === "Enter" && (event.ctrlKey || event.metaKey));
    if (!done) return;
    event.preventDefault();
    onDone();
  };
  return (
    <textarea
      ref={area}
      className="note-editor nodrag nopan nowheel nokey"
      aria-label={t("note.edit")}
      placeholder={t("note.placeholder")}
      value={draft}
      onChange={(event) => {
        setDraft(event.target.value);
        onChange(event.target.value);
      }}
      onBlur={onDone}
      onKeyDown={onKeyDown}
    />
  );
}
