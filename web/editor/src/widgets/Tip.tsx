import { useEffect, useRef } from "react";

interface Props {
  readonly text: string;
  readonly tone?: "info" | "error";
  onGone(): void;
}

const SHOWN = 5000;

/** A few words under a field about what was just done there. They leave by themselves. */
export function Tip({ text, tone = "info", onGone }: Props) {
  const gone = useRef(onGone);
  gone.current = onGone;
  useEffect(() => {
    if (!text) return;
    const timer = window.setTimeout(() => gone.current(), SHOWN);
    return () => window.clearTimeout(timer);
  }, [text]);
  if (!text) return null;
  return (
    <span className="field-tip" role="alert" data-tone={tone}>
      {text}
    </span>
  );
}
