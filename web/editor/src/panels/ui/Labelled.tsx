import { type ComponentProps, useId } from "react";
import "./field.css";

interface Props extends Omit<ComponentProps<"input">, "id"> {
  readonly label: string;
  readonly hint?: string;
  readonly error?: string | null;
}

/** A text field with its label, and what is wrong with its text. */
export function Labelled({ label, hint, error, className = "", ...rest }: Props) {
  const id = useId();
  return (
    <div className="labelled">
      <label htmlFor={id}>{label}</label>
      <input
        type="text"
        autoComplete="off"
        spellCheck={false}
        {...rest}
        id={id}
        className={`text-input ${className}`}
        aria-invalid={Boolean(error)}
        aria-describedby={`${id}-hint`}
      />
      <p
        id={`${id}-hint`}
        className={error ? "labelled-error" : "labelled-hint"}
        role={error ? "alert" : undefined}
      >
        {error || hint}
      </p>
    </div>
  );
}
