/** Names that the outside knows inner sockets by: renamed, put in order, taken away. */

import { useT } from "../../i18n";
import { NameField } from "../NameField";
import { swapped } from "../parameters";
import { IconButton } from "../ui/IconButton";

export interface Named {
  readonly name: string;
  /** What it leads to, in words. */
  readonly places: readonly Place[];
}

export interface Place {
  readonly text: string;
  go(): void;
}

interface Props {
  readonly label: string;
  readonly list: readonly Named[];
  check(name: string): string | null;
  onRename(name: string, to: string): void;
  onOrder(names: readonly string[]): void;
  onRemove(name: string): void;
}

export function NameList({ label, list, check, onRename, onOrder, onRemove }: Props) {
  const t = useT();
  const names = list.map((one) => one.name);
  return (
    <ul className="inspector-names" aria-label={label}>
      {list.map(({ name, places }, index) => (
        <li key={name}>
          <div className="inspector-name">
            <NameField
              label={t("inspector.name.of", { name })}
              value={name}
              check={check}
              onRename={(to) => onRename(name, to)}
            />
            <IconButton
              small
              icon="chevron-up"
              label={t("inspector.name.up", { name })}
              disabled={index === 0}
              onClick={() => onOrder(swapped(names, index, index - 1))}
            />
            <IconButton
              small
              icon="chevron-down"
              label={t("inspector.name.down", { name })}
              disabled={index === names.length - 1}
              onClick={() => onOrder(swapped(names, index, index + 1))}
            />
            <IconButton
              small
              icon="close"
              label={t("inspector.name.remove", { name })}
              onClick={() => onRemove(name)}
            />
          </div>
          {places.map((one) => (
            <button key={one.text} type="button" className="inspector-link" onClick={one.go}>
              {one.text}
            </button>
          ))}
        </li>
      ))}
    </ul>
  );
}
