/** A file of the person's own: dropped, pasted, picked from the disk or from what was uploaded. */

import { type ClipboardEvent, type DragEvent, useRef, useState } from "react";
import { useT } from "../i18n";
import type { FieldProps } from "./contract";
import { controlProps, effective } from "./control";
import { noticeOf, Refresh } from "./FilesField";
import { Icon } from "./icons";
import { Picker } from "./Picker";
import { Popover } from "./Popover";
import { Thumbnail } from "./Thumbnail";
import { Tip } from "./Tip";
import { named } from "./uploads";
import { useChoices, wordsOf } from "./useChoices";

export function PathField(props: FieldProps) {
  const { compact, disabled, env, onChange, onCommit } = props;
  const t = useT();
  const [open, setOpen] = useState(false);
  const [over, setOver] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState("");
  const button = useRef<HTMLButtonElement>(null);
  const disk = useRef<HTMLInputElement>(null);
  const held = effective(props);
  const current = typeof held === "string" && held !== "" ? held : null;

  const pick = (name: string) => {
    onChange(name);
    onCommit();
  };
  const send = async (file: File | undefined) => {
    if (!file || disabled || busy) return;
    setBusy(true);
    setError("");
    try {
      pick((await env.upload(file)).name);
    } catch (failure) {
      setError(t("widgets.path.failed", { name: file.name, error: wordsOf(failure) }));
    } finally {
      setBusy(false);
    }
  };
  const onDrop = (event: DragEvent) => {
    setOver(false);
    const file = event.dataTransfer.files[0];
    if (!file) return;
    event.preventDefault();
    event.stopPropagation();
    void send(file);
  };
  const onPaste = (event: ClipboardEvent) => {
    const file = event.clipboardData.files[0];
    if (!file) return;
    event.preventDefault();
    event.stopPropagation();
    void send(named(file));
  };

  const shown = busy ? t("widgets.path.sending") : (current ?? t("widgets.path.choose"));
  const thumbnail = current === null ? null : env.uploadThumbnail(current);
  return (
    <div
      className="path-field"
      data-compact={compact || undefined}
      data-over={over || undefined}
      aria-busy={busy}
      onDragOver={(event) => {
        if (disabled || !event.dataTransfer.types.includes("Files")) return;
        event.preventDefault();
        event.stopPropagation();
        event.dataTransfer.dropEffect = "copy";
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={onDrop}
      onPaste={onPaste}
      onKeyDown={(event) => {
        // Else the page takes the keys of pasting for itself, and no paste comes.
        if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "v")
          event.stopPropagation();
      }}
    >
      {!compact && (
        <Thumbnail src={thumbnail} className="path-picture" icon={current ? "file" : "picture"} />
      )}
      <div className="path-side">
        <button
          {...controlProps(props)}
          ref={button}
          type="button"
          className="field-box choice-button path-name"
          aria-label={`${props.label}: ${shown}`}
          aria-haspopup="dialog"
          aria-expanded={open}
          title={current ?? undefined}
          data-default={current === null || undefined}
          onClick={() => setOpen(!open)}
        >
          {compact && current !== null && (
            <Thumbnail src={thumbnail} className="path-mini" icon="file" />
          )}
          <span className="choice-text">{shown}</span>
          <Icon name="chevron" />
        </button>
        <div className="path-tools">
          <Tool
            icon="upload"
            label={t("widgets.path.upload")}
            words={!compact}
            disabled={disabled === true || busy}
            onClick={() => disk.current?.click()}
          />
          {current !== null && env.paintMask && (
            <Tool
              icon="brush"
              label={t("widgets.path.mask")}
              words={false}
              disabled={disabled === true}
              onClick={() => env.paintMask?.(current)}
            />
          )}
          {!compact && current !== null && env.view && (
            <Tool
              icon="picture"
              label={t("widgets.path.view")}
              words={false}
              disabled={false}
              onClick={() => env.view?.(current)}
            />
          )}
        </div>
        {!compact && <p className="path-hint">{t("widgets.path.hint")}</p>}
      </div>
      <input
        ref={disk}
        type="file"
        hidden
        onChange={(event) => {
          void send(event.target.files?.[0]);
          // The same file may be chosen again.
          event.target.value = "";
        }}
      />
      {open && (
        <Popover
          anchor={button}
          className="files-popover"
          label={props.label}
          onClose={() => setOpen(false)}
        >
          <Uploads
            props={props}
            current={current}
            onPick={(name) => {
              setOpen(false);
              pick(name);
              button.current?.focus();
            }}
          />
        </Popover>
      )}
      <Tip text={error} tone="error" onGone={() => setError("")} />
    </div>
  );
}

interface UploadsProps {
  readonly props: FieldProps;
  readonly current: string | null;
  onPick(name: string): void;
}

function Uploads({ props, current, onPick }: UploadsProps) {
  const { env, spec, label } = props;
  const t = useT();
  const choices = useChoices(env, spec.name, true);
  const names = choices.names ?? [];
  return (
    <Picker
      options={names.map((name) => ({
        key: name,
        label: name,
        thumbnail: env.uploadThumbnail(name),
      }))}
      current={current}
      label={label}
      notice={noticeOf(choices, t)}
      tools={<Refresh choices={choices} />}
      onPick={onPick}
    />
  );
}

interface ToolProps {
  readonly icon: "upload" | "brush" | "picture";
  readonly label: string;
  readonly words: boolean;
  readonly disabled: boolean;
  onClick(): void;
}

function Tool({ icon, label, words, disabled, onClick }: ToolProps) {
  return (
    <button
      type="button"
      className="field-button"
      data-words={words || undefined}
      aria-label={label}
      title={label}
      disabled={disabled}
      onClick={onClick}
    >
      <Icon name={icon} />
      {words && <span>{label}</span>}
    </button>
  );
}
