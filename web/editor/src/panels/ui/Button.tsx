import type { ComponentProps } from "react";
import { Icon } from "./Icon";
import type { IconName } from "./icons";
import "./button.css";

interface Props extends ComponentProps<"button"> {
  readonly look?: "plain" | "primary" | "quiet" | "danger";
  readonly icon?: IconName;
}

/** A button with words. */
export function Button({ look = "plain", icon, className = "", children, ...rest }: Props) {
  return (
    <button type="button" {...rest} className={`button is-${look} ${className}`}>
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}
