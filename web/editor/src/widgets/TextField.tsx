import { useT } from "../i18n";
import type { FieldProps } from "./contract";
import { controlProps, effective } from "./control";
import { useDraft } from "./useDraft";

/** A text of one line. */
export function TextField(props: FieldProps) {
  const { spec, onChange, onCommit } = props;
  const t = useT();
  const held = effective(props);
  const draft = useDraft(typeof held === "string" ? held : "");
  return (
    <input
      {...controlProps(props)}
      className="field-box field-input"
      type="text"
      autoComplete="off"
      spellCheck={false}
      maxLength={spec.schema.maxLength}
      placeholder={t(held === null ? "widgets.none" : "widgets.text.empty")}
      data-default={props.value === undefined || undefined}
      value={draft.text}
      onChange={(event) => {
        draft.set(event.target.value);
        onChange(event.target.value);
      }}
      onKeyDown={(event) => {
        if (event.key === "Enter" && !event.nativeEvent.isComposing) onCommit();
      }}
      onBlur={() => {
        if (!draft.editing) return;
        draft.end();
        onCommit();
      }}
    />
  );
}
