/** Lists as text, and anything else as JSON. What cannot be read yet stays as it was typed. */

import { type ReactNode, useEffect, useRef, useState } from "react";
import { parseJson } from "../document/json";
import { useT } from "../i18n";
import type { FieldProps } from "./contract";
import { controlProps, effective } from "./control";
import { Icon } from "./icons";
import { indented } from "./indented";
import { isList, linesText, numbersText, readLines, readNumbers } from "./lists";
import { Popover } from "./Popover";
import { isTall } from "./pick";
import { Tip } from "./Tip";
import { shownValue } from "./text";
import { useDraft } from "./useDraft";

/** A list of numbers, in a row. */
export function NumbersField(props: FieldProps) {
  const { spec, onChange, onCommit } = props;
  const t = useT();
  const draft = useDraft(numbersText(effective(props), spec.kind));
  const [tip, setTip] = useState("");
  return (
    <div className="list-field">
      <input
        {...controlProps(props)}
        className="field-box field-input"
        type="text"
        autoComplete="off"
        spellCheck={false}
        placeholder={t("widgets.numbers.empty")}
        data-default={props.value === undefined || undefined}
        value={draft.text}
        onChange={(event) => {
          draft.set(event.target.value);
          setTip("");
          const list = readNumbers(event.target.value, spec.kind);
          if (list) onChange(list);
        }}
        onKeyDown={(event) => event.key === "Enter" && onCommit()}
        onBlur={() => {
          if (!draft.editing) return;
          if (!readNumbers(draft.text, spec.kind)) setTip(t("widgets.numbers.bad"));
          draft.end();
          onCommit();
        }}
      />
      <Tip text={tip} onGone={() => setTip("")} />
    </div>
  );
}

/** A list of texts, one a line. */
export function LinesField(props: FieldProps) {
  const { spec, onChange, onCommit } = props;
  const t = useT();
  const held = effective(props);
  const draft = useDraft(linesText(held, spec.kind));
  return (
    <Folded field={props} summary={isList(held) ? held.map(shownValue).join(", ") : ""}>
      <LongText
        field={props}
        text={draft.text}
        placeholder={t("widgets.lines.empty")}
        onText={(text) => {
          draft.set(text);
          onChange(readLines(text, spec.kind));
        }}
        onDone={() => {
          if (!draft.editing) return;
          draft.end();
          onCommit();
        }}
      />
    </Folded>
  );
}

/** Any value, as JSON. */
export function JsonField(props: FieldProps) {
  const { onChange, onCommit } = props;
  const t = useT();
  const draft = useDraft(indented(effective(props)));
  const [tip, setTip] = useState("");
  return (
    <Folded field={props} summary={shownValue(effective(props))}>
      <LongText
        field={props}
        text={draft.text}
        code
        placeholder={t("widgets.json.empty")}
        onText={(text) => {
          draft.set(text);
          setTip("");
          const value = readJson(text);
          if (value !== null) onChange(value.json);
        }}
        onDone={() => {
          if (!draft.editing) return;
          // A text that is no JSON stays to be put right.
          if (readJson(draft.text) === null) return setTip(t("widgets.json.bad"));
          draft.end();
          onCommit();
        }}
      />
      <Tip text={tip} tone="error" onGone={() => setTip("")} />
    </Folded>
  );
}

function readJson(text: string) {
  try {
    return { json: parseJson(text) };
  } catch {
    return null;
  }
}

interface FoldedProps {
  readonly field: FieldProps;
  readonly summary: string;
  readonly children: ReactNode;
}

/** On a node, a long text is one line that opens. */
function Folded({ field, summary, children }: FoldedProps) {
  const t = useT();
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  if (!field.compact || isTall(field.spec)) return children;
  const shown = summary || t("widgets.none");
  return (
    <span className="choice-field">
      <button
        {...controlProps(field)}
        ref={button}
        type="button"
        className="field-box choice-button"
        aria-label={`${field.label}: ${shown}`}
        aria-haspopup="dialog"
        aria-expanded={open}
        title={summary || undefined}
        data-default={field.value === undefined || undefined}
        onClick={() => setOpen(!open)}
      >
        <span className="choice-text">{shown}</span>
      </button>
      <Icon name="chevron" />
      {open && (
        <Popover
          anchor={button}
          className="folded-popover field"
          label={field.label}
          onClose={() => setOpen(false)}
        >
          {children}
        </Popover>
      )}
    </span>
  );
}

interface LongTextProps {
  readonly field: FieldProps;
  readonly text: string;
  readonly placeholder: string;
  readonly code?: boolean;
  onText(text: string): void;
  onDone(): void;
}

function LongText({ field, text, placeholder, code, onText, onDone }: LongTextProps) {
  const area = useRef<HTMLTextAreaElement>(null);
  const folded = field.compact && !isTall(field.spec);
  useEffect(() => {
    if (folded) area.current?.focus();
  }, [folded]);
  return (
    <textarea
      {...controlProps(field)}
      {...(folded ? { id: `${field.id}-text` } : {})}
      ref={area}
      className="field-box field-textarea"
      rows={field.compact && !folded ? 3 : 4}
      spellCheck={false}
      wrap={code && !field.compact ? "off" : "soft"}
      placeholder={placeholder}
      data-code={code}
      data-default={field.value === undefined || undefined}
      value={text}
      onFocus={(event) => event.currentTarget.classList.add("nowheel")}
      onChange={(event) => onText(event.target.value)}
      onBlur={(event) => {
        event.currentTarget.classList.remove("nowheel");
        onDone();
      }}
    />
  );
}
