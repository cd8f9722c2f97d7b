import type { ReactNode } from "react";

interface Props {
  readonly title: string;
  readonly count?: number | undefined;
  readonly children: ReactNode;
}

/** A part of the inspector under its heading. */
export function Section({ title, count, children }: Props) {
  return (
    <section className="inspector-section" aria-label={title}>
      <h3 className="inspector-heading">
        {title}
        {count !== undefined && <span>{count}</span>}
      </h3>
      {children}
    </section>
  );
}
