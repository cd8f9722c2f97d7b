import { type KeyboardEvent, useLayoutEffect, useRef, useState } from "react";
import type { Action } from "../../app/actions";
import { chordOf, shown } from "../../app/keys";
import { useT } from "../../i18n";
import { settings } from "../../state/settings";
import { announce } from "../../state/ui";
import {
  chordsNow,
  holdersOf,
  isFree,
  isModifier,
  type KeysByAction,
  taken,
  withChords,
} from "../keybinding";
import { Button } from "../ui/Button";
import { IconButton } from "../ui/IconButton";

interface Props {
  readonly action: Action;
  readonly all: readonly Action[];
  readonly keys: KeysByAction;
  /** Chords that several actions have. */
  readonly twice: ReadonlySet<string>;
}

/** An action with its chords: each can be taken away, and one more be given. */
export function KeyRow({ action, all, keys, twice }: Props) {
  const t = useT();
  const label = t(action.label);
  const chords = chordsNow(action, keys);
  const row = useRef<HTMLLIElement>(null);
  // A chord that others have: it is asked about.
  const [asked, setAsked] = useState<string | null>(null);
  const set = (next: readonly string[]) =>
    settings.setState({ keys: withChords(keys, action, next) });
  const give = (chord: string) => {
    settings.setState({ keys: taken(keys, action, chord, all) });
    announce(t("settings.keys.said", { action: label, keys: shown(chord) }));
    setAsked(null);
    row.current?.querySelector<HTMLElement>("[data-add]")?.focus();
  };
  const holders = asked === null ? [] : holdersOf(asked, action.id, all, keys);
  return (
    <li ref={row} className="keys-row">
      <span className="keys-label">{label}</span>
      <span className="keys-chords">
        {chords.map((chord) => (
          <button
            key={chord}
            type="button"
            className="keys-chord"
            data-twice={twice.has(chord) || undefined}
            aria-label={t("settings.keys.remove", { keys: shown(chord), action: label })}
            title={t("settings.keys.remove", { keys: shown(chord), action: label })}
            onClick={() => set(chords.filter((one) => one !== chord))}
          >
            {shown(chord)}
          </button>
        ))}
        <Capture
          label={label}
          onChord={(chord) => {
            if (!isFree(chord)) return;
            if (holdersOf(chord, action.id, all, keys).length > 0) setAsked(chord);
            else give(chord);
          }}
        />
        {action.id in keys && (
          <IconButton
            small
            icon="undo"
            label={t("settings.keys.usual", { action: label })}
            onClick={() => {
              const { [action.id]: _, ...rest } = settings.getState().keys;
              settings.setState({ keys: rest });
            }}
          />
        )}
      </span>
      {asked !== null && holders.length > 0 && (
        <div className="keys-asked" role="alert">
          <span>
            {t("settings.keys.taken", {
              keys: shown(asked),
              action: holders.map((one) => t(one.label)).join(", "),
            })}
          </span>
          <span className="keys-asked-buttons">
            <Button onClick={() => setAsked(null)}>{t("panels.cancel")}</Button>
            <Button onClick={() => give(asked)}>{t("settings.keys.take")}</Button>
          </span>
        </div>
      )}
    </li>
  );
}

/** A button that listens for a chord. */
function Capture({ label, onChord }: { readonly label: string; onChord(chord: string): void }) {
  const t = useT();
  const [listening, setListening] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const heard = useRef(false);
  // The button that listened is gone: its place keeps the focus.
  useLayoutEffect(() => {
    if (!listening && heard.current) button.current?.focus();
    heard.current = false;
  }, [listening]);
  const onKeyDown = (event: KeyboardEvent) => {
    if (isModifier(event.key)) return;
    const chord = chordOf(event.nativeEvent);
    // Who cannot see what listens must be able to leave it.
    if (chord !== "Tab" && chord !== "Shift+Tab") {
      event.preventDefault();
      event.stopPropagation();
      heard.current = true;
    }
    setListening(false);
    onChord(chord);
  };
  return listening ? (
    <button
      type="button"
      className="keys-listening"
      // biome-ignore lint/a11y/noAutofocus: it takes the place of the button that was pressed
      autoFocus
      onKeyDown={onKeyDown}
      onBlur={() => setListening(false)}
    >
      {t("settings.keys.press")}
    </button>
  ) : (
    <IconButton
      small
      ref={button}
      data-add
      icon="plus"
      label={t("settings.keys.add", { action: label })}
      onClick={() => setListening(true)}
    />
  );
}
