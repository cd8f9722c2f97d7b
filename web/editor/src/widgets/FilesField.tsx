/** One of what the server lists: model files with what is known of them, or plain names. */

import { useRef, useState } from "react";
import { language, t as text, useT } from "../i18n";
import type { FieldProps } from "./contract";
import { controlProps, effective } from "./control";
import { Icon } from "./icons";
import { Picker, type PickerOption } from "./Picker";
import { Popover } from "./Popover";
import { shownBytes } from "./text";
import { type ChoicesState, useChoices } from "./useChoices";

export function FilesField(props: FieldProps) {
  const { spec, env, onChange, onCommit } = props;
  const t = useT();
  const choices = useChoices(env, spec.name);
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const held = effective(props);
  const current = typeof held === "string" && held !== "" ? held : null;
  const gone = current !== null && choices.names !== null && !choices.names.includes(current);
  const known = current === null ? undefined : modelOf(props, current);
  const none = t(spec.required ? "widgets.choose" : "widgets.none");
  const shown = current === null ? none : (known?.title ?? baseName(current));
  const family = props.compact ? undefined : known?.family;
  const problem = gone ? t("widgets.gone.long", { name: current }) : known?.error;

  return (
    <span className="choice-field files-field">
      <button
        {...controlProps(props)}
        ref={button}
        type="button"
        className="field-box choice-button"
        aria-label={`${props.label}: ${[[shown, family].filter(Boolean).join(" "), problem].filter(Boolean).join(", ")}`}
        aria-haspopup="dialog"
        aria-expanded={open}
        title={problem ?? current ?? undefined}
        data-default={current === null || undefined}
        data-gone={problem !== undefined || undefined}
        onClick={() => setOpen(!open)}
        onKeyDown={(event) => {
          if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
          event.preventDefault();
          setOpen(true);
        }}
      >
        {problem !== undefined && <Icon name="warn" />}
        <span className="choice-text">{shown}</span>
        {family && (
          <>
            {" "}
            <span className="picker-badge">{family}</span>
          </>
        )}
      </button>
      <Icon name="chevron" />
      {open && (
        <Popover
          anchor={button}
          className="files-popover"
          label={props.label}
          onClose={() => setOpen(false)}
        >
          <Files
            props={props}
            current={current}
            onPick={(key) => {
              setOpen(false);
              onChange(key);
              onCommit();
              button.current?.focus();
            }}
          />
        </Popover>
      )}
    </span>
  );
}

interface FilesProps {
  readonly props: FieldProps;
  readonly current: string | null;
  onPick(name: string): void;
}

/** The list; it asks the server each time it is opened. */
function Files({ props, current, onPick }: FilesProps) {
  const t = useT();
  const choices = useChoices(props.env, props.spec.name, true);
  return (
    <Picker
      options={optionsOf(props, choices, current)}
      current={current}
      label={props.label}
      notice={noticeOf(choices, t)}
      tools={<Refresh choices={choices} />}
      onPick={onPick}
    />
  );
}

export function Refresh({ choices }: { readonly choices: ChoicesState }) {
  const t = useT();
  return (
    <button
      type="button"
      className="field-button"
      aria-label={t("widgets.refresh")}
      title={t("widgets.refresh")}
      disabled={choices.loading}
      onClick={choices.refresh}
    >
      <Icon name="refresh" />
    </button>
  );
}

export function noticeOf(choices: ChoicesState, t: ReturnType<typeof useT>): string | undefined {
  if (choices.error !== null) return t("widgets.choices.failed", { error: choices.error });
  return choices.names === null ? t("widgets.choices.loading") : undefined;
}

function modelOf({ spec, env }: FieldProps, name: string) {
  const folder = spec.schema["x-folder"];
  return folder === undefined ? undefined : env.modelInfo?.(folder, name);
}

function optionsOf(
  props: FieldProps,
  { names }: ChoicesState,
  current: string | null,
): readonly PickerOption[] {
  const listed = names ?? [];
  const kept = current !== null && names !== null && !listed.includes(current) ? [current] : [];
  const isModel = props.spec.schema["x-folder"] !== undefined;
  return [...kept, ...listed].map((name) => {
    const known = modelOf(props, name);
    const title = known?.title ?? baseName(name);
    return {
      key: name,
      label: title,
      words: `${name} ${known?.family ?? ""}`,
      ...(isModel ? { thumbnail: known?.thumbnail ?? null } : {}),
      ...(title === name ? {} : { detail: name }),
      ...(known?.family ? { badge: known.family } : {}),
      ...(known?.bytes === undefined ? {} : { end: shownBytes(known.bytes, language()) }),
      ...problemOf(kept.includes(name), known?.error),
    };
  });
}

function problemOf(gone: boolean, error: string | undefined): { problem?: string } {
  if (gone) return { problem: text("widgets.gone.short") };
  return error === undefined ? {} : { problem: error };
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
