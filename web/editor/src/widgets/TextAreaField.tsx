import { useRef, useState } from "react";
import { type MessageKey, useT } from "../i18n";
import type { FieldProps } from "./contract";
import { controlProps, effective, isType } from "./control";
import { Icon } from "./icons";
import { Popover } from "./Popover";
import { useDraft } from "./useDraft";

/** A text of several lines. A prompt's says what the text encoder makes of it. */
export function TextAreaField(props: FieldProps) {
  const { spec, env, compact, disabled, onChange, onCommit } = props;
  const t = useT();
  const held = effective(props);
  const draft = useDraft(typeof held === "string" ? held : "");
  const isPrompt = isType(env.node.type, "text.encode");
  return (
    <div className="textarea-field">
      <textarea
        {...controlProps(props)}
        className="field-box field-textarea"
        rows={compact ? 3 : 4}
        maxLength={spec.schema.maxLength}
        spellCheck={isPrompt}
        placeholder={t(
          held === null ? "widgets.none" : isPrompt ? "widgets.prompt.empty" : "widgets.text.empty",
        )}
        data-default={props.value === undefined || undefined}
        value={draft.text}
        // While it is edited, the wheel scrolls the text and not the canvas.
        onFocus={(event) => event.currentTarget.classList.add("nowheel")}
        onChange={(event) => {
          draft.set(event.target.value);
          onChange(event.target.value);
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) onCommit();
        }}
        onBlur={(event) => {
          event.currentTarget.classList.remove("nowheel");
          if (!draft.editing) return;
          draft.end();
          onCommit();
        }}
      />
      {isPrompt && !disabled && <PromptHelp />}
    </div>
  );
}

const HELP: readonly MessageKey[] = [
  "widgets.prompt.help.words",
  "widgets.prompt.help.weights",
  "widgets.prompt.help.case",
  "widgets.prompt.help.length",
];

/** What the text encoder does with a prompt, and what it does not. */
function PromptHelp() {
  const t = useT();
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  return (
    <>
      <button
        ref={button}
        type="button"
        className="field-button prompt-help"
        aria-label={t("widgets.prompt.help")}
        title={t("widgets.prompt.help")}
        aria-haspopup="dialog"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <Icon name="help" />
      </button>
      {open && (
        <Popover
          anchor={button}
          className="prompt-popover"
          label={t("widgets.prompt.help")}
          onClose={() => setOpen(false)}
        >
          <h3>{t("widgets.prompt.help")}</h3>
          <ul>
            {HELP.map((key) => (
              <li key={key}>{t(key)}</li>
            ))}
          </ul>
        </Popover>
      )}
    </>
  );
}
