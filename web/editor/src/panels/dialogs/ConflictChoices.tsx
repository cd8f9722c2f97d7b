import { useStore } from "zustand";
import type { Json } from "../../document/json";
import type { Conflict } from "../../document/merge";
import type { Workflow } from "../../document/workflow";
import { useT } from "../../i18n";
import { server } from "../../state/server";
import { placeText, sideOf } from "../conflicts";

export type Side = "mine" | "theirs";

interface Props {
  readonly conflicts: readonly Conflict[];
  readonly choices: Readonly<Record<string, Side>>;
  /** Both versions, for the titles of nodes. */
  readonly versions: readonly Workflow[];
  onChoose(path: string, side: Side): void;
}

/** What both sides changed, one choice for each. None is made beforehand. */
export function ConflictChoices({ conflicts, choices, versions, onChoose }: Props) {
  const t = useT();
  const catalogue = useStore(server, (state) => state.catalogue);
  return (
    <div className="conflict-choices">
      <p>{t("panels.conflict.both", { count: conflicts.length })}</p>
      {conflicts.map((one) => (
        <fieldset key={one.path} className="conflict-choice">
          <legend>{placeText(one.path, versions, catalogue)}</legend>
          {(["mine", "theirs"] as const).map((side) => (
            <label key={side} className="conflict-side">
              <input
                type="radio"
                name={`conflict-${one.path}`}
                checked={choices[one.path] === side}
                onChange={() => onChoose(one.path, side)}
              />
              <span className="conflict-side-name">{t(`panels.conflict.side.${side}`)}</span>
              <SideValue value={one[side]} />
            </label>
          ))}
        </fieldset>
      ))}
    </div>
  );
}

function SideValue({ value }: { readonly value: Json | undefined }) {
  const t = useT();
  const { kind, text } = sideOf(value);
  if (kind !== "value") return <em>{t(`panels.conflict.value.${kind}`)}</em>;
  return (
    <span className="conflict-value" title={text}>
      {text === "" ? t("panels.diff.empty") : text}
    </span>
  );
}
