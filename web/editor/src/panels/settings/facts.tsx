/** Facts about the server, as rows. */

import type { ReactNode } from "react";
import { useT } from "../../i18n";
import { bytesText } from "../format";

export function Part({
  title,
  children,
}: {
  readonly title: string;
  readonly children: ReactNode;
}) {
  return (
    <section aria-label={title}>
      <h3 className="panel-section">{title}</h3>
      <div className="system-part">{children}</div>
    </section>
  );
}

export function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div className="system-fact">
      <span className="system-name">{name}</span>
      <span className="system-value">{children}</span>
    </div>
  );
}

interface AmountProps {
  readonly name: string;
  readonly used: number;
  readonly total: number;
}

/** So much of so much, as words and as a bar. */
export function Amount({ name, used, total }: AmountProps) {
  const t = useT();
  return (
    <div className="system-amount">
      <Fact name={name}>
        {t("settings.amount", { used: bytesText(used), total: bytesText(total) })}
      </Fact>
      <div className="system-bar" aria-hidden="true">
        <div style={{ width: `${Math.min(100, total > 0 ? (100 * used) / total : 0)}%` }} />
      </div>
    </div>
  );
}
