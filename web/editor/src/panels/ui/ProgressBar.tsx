import "./progress.css";

interface Props {
  readonly label: string;
  /** 0 to 1; undefined while nobody knows. */
  readonly value?: number | undefined;
}

export function ProgressBar({ label, value }: Props) {
  const percent =
    value === undefined ? undefined : Math.round(Math.min(1, Math.max(0, value)) * 100);
  return (
    <div
      className={percent === undefined ? "progress is-unknown" : "progress"}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
    >
      <div className="progress-done" style={{ width: `${percent ?? 100}%` }} />
    </div>
  );
}
