import type { ReactNode } from "react";
import { Icon, type IconName } from "../widgets/icons";

interface Props {
  readonly icon?: IconName;
  readonly label: string;
  /** The key that does the same, shown in the tooltip. */
  readonly keys?: string;
  readonly pressed?: boolean;
  readonly disabled?: boolean;
  readonly children?: ReactNode;
  onClick(): void;
}

/** A button of a viewer's bar: a sign, or words. */
export function ToolButton({ icon, label, keys, pressed, disabled, children, onClick }: Props) {
  return (
    <button
      type="button"
      className="viewer-button"
      aria-label={children ? undefined : label}
      aria-pressed={pressed}
      title={keys ? `${label} (${keys})` : label}
      // One that is disabled while it has the focus would lose it.
      aria-disabled={disabled}
      onClick={() => disabled || onClick()}
    >
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}
