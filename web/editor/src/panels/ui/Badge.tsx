import type { ReactNode } from "react";
import { Icon } from "./Icon";
import type { IconName } from "./icons";
import "./badge.css";

interface Props {
  readonly tone?: "plain" | "accent" | "ok" | "warn" | "error";
  readonly icon?: IconName;
  readonly children: ReactNode;
}

/** One word about a thing, such as its state. */
export function Badge({ tone = "plain", icon, children }: Props) {
  return (
    <span
      className={`badge is-${tone}`}
      title={typeof children === "string" ? children : undefined}
    >
      {icon && <Icon name={icon} />}
      {children}
    </span>
  );
}
