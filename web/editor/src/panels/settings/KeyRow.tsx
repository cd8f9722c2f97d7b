import { type KeyboardEvent, useRef, useState } from "react";
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
  const set = (next: readonly string[]) =>
    settings.setState({ keys: withChords(keys, action, next) });
  return (
    <li className="keys-row">
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
        <Capture action={action} all={all} keys={keys} />
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
    </li>
  );
}

/** A button that listens for the keys to give. What is taken is asked about. */
function Capture({ action, all, keys }: Omit<Props, "twice">) {
  const t = useT();
  const label = t(action.label);
  const [listening, setListening] = useState(false);
  const [asked, setAsked] = useState<string | null>(null);
  const button = useRef<HTMLButtonElement>(null);
  const give = (chord: string) => {
    settings.setState({ keys: taken(keys, action, chord, all) });
    announce(t("settings.keys.said", { action: label, keys: shown(chord) }));
    setAsked(null);
    button.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (!listening || isModifier(event.key)) return;
    const chord = chordOf(event.nativeEvent);
    if (chord !== "Tab" && chord !== "Shift+Tab") {
      event.preventDefault();
      event.stopPropagation();
    }
    setListening(false);
    if (!isFree(chord)) return;
    if (holdersOf(chord, action.id, all, keys).length > 0) setAsked(chord);
    else give(chord);
  };
  return (
    <>
      {listening ? (
        <button
          ref={button}
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
          icon="plus"
          label={t("settings.keys.add", { action: label })}
          onClick={() => {
            setAsked(null);
            setListening(true);
          }}
        />
      )}
      {asked && (
        <span className="keys-asked" role="alert">
          <span>
            {t("settings.keys.taken", {
              keys: shown(asked),
              action: holdersOf(asked, action.id, all, keys)
                .map((one) => t(one.label))
                .join(", "),
            })}
          </span>
          <span className="keys-asked-buttons">
            <Button onClick={() => setAsked(null)}>{t("panels.cancel")}</Button>
            <Button onClick={() => give(asked)}>{t("settings.keys.take")}</Button>
          </span>
        </span>
      )}
    </>
  );
}
