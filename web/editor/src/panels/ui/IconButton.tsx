import type { ComponentProps } from "react";
import { action } from "../../app/actions";
import { keysOf } from "../../app/keys";
import { Icon } from "./Icon";
import type { IconName } from "./icons";
import { Tooltip } from "./Tooltip";
import "./button.css";

interface Props extends Omit<ComponentProps<"button">, "aria-label" | "aria-pressed" | "children"> {
  readonly icon: IconName;
  readonly label: string;
  /** The action that it does: the tip shows its keys. */
  readonly action?: string;
  /** For what is on or off. */
  readonly pressed?: boolean;
  readonly small?: boolean;
}

/** A button that is an icon, with its name for those who do not know the picture. */
export function IconButton(props: Props) {
  const { icon, label, action: does, pressed, small, className = "", ...rest } = props;
  return (
    <Tooltip text={label} keys={does ? keysFor(does) : undefined}>
      <button
        type="button"
        {...rest}
        className={`icon-button ${small ? "is-small" : ""} ${className}`}
        aria-label={label}
        aria-pressed={pressed}
      >
        <Icon name={icon} />
      </button>
    </Tooltip>
  );
}

function keysFor(id: string): string | undefined {
  const found = action(id);
  return found && keysOf(found)[0];
}
