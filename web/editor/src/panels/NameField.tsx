/** A name that is edited in place: taken on by Enter or by going on, left as it was by Escape. */

import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import "./ui/field.css";
import "./name_field.css";

interface Props {
  readonly label: string;
  readonly value: string;
  /** Why it cannot be called that, in words, or null. */
  check(name: string): string | null;
  onRename(name: string): void;
  /** After either, with whether the keyboard ended it. */
  onEnd?(byKey: boolean): void;
  readonly focused?: boolean;
}

export function NameField({ label, value, check, onRename, onEnd, focused }: Props) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [draft, setDraft] = useState(value);
  const done = useRef(false);
  const problem = draft === value ? null : check(draft);
  useEffect(() => setDraft(value), [value]);
  useEffect(() => {
    if (focused) input.current?.select();
  }, [focused]);
  const end = (take: boolean, byKey: boolean) => {
    if (done.current) return;
    done.current = byKey && onEnd !== undefined;
    if (take && draft !== value && problem === null) onRename(draft);
    else setDraft(value);
    onEnd?.(byKey);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    event.stopPropagation();
    if (event.key === "Enter" && problem === null) end(true, true);
    else if (event.key === "Escape") {
      event.preventDefault();
      end(false, true);
    }
  };
  return (
    <span className="name-field">
      <input
        ref={input}
        className="text-input"
        aria-label={label}
        autoComplete="off"
        spellCheck={false}
        value={draft}
        onChange={(event) => setDraft(event.target.value)}
        onBlur={() => end(true, false)}
        onKeyDown={onKeyDown}
        aria-invalid={problem !== null}
        aria-describedby={problem === null ? undefined : `${id}-why`}
      />
      {problem !== null && (
        <span id={`${id}-why`} className="name-field-why" role="alert">
          {problem}
        </span>
      )}
    </span>
  );
}
