import type { ReactNode } from "react";
import { Icon } from "./Icon";
import type { IconName } from "./icons";
import "./empty.css";

interface Props {
  readonly icon: IconName;
  readonly text: string;
  /** What fills it, in a sentence. */
  readonly hint?: string;
  /** Buttons. */
  readonly children?: ReactNode;
}

/** What a list shows that holds nothing. */
export function EmptyState({ icon, text, hint, children }: Props) {
  return (
    <div className="empty">
      <Icon name={icon} />
      <p className="empty-text">{text}</p>
      {hint && <p className="empty-hint">{hint}</p>}
      {children}
    </div>
  );
}
