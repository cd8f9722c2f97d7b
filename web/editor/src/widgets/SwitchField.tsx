import { useT } from "../i18n";
import type { FieldProps } from "./contract";
import { controlProps, effective } from "./control";

/** Yes or no. */
export function SwitchField(props: FieldProps) {
  const { onChange, onCommit } = props;
  const t = useT();
  const held = effective(props);
  return (
    <button
      {...controlProps(props)}
      type="button"
      role="switch"
      aria-checked={held === true}
      className="switch-field"
      data-unset={held === null || undefined}
      onClick={() => {
        onChange(held !== true);
        onCommit();
      }}
    >
      <span className="switch-track">
        <span className="switch-knob" />
      </span>
      <span className="switch-word" aria-hidden="true">
        {t(held === null ? "widgets.none" : held === true ? "widgets.on" : "widgets.off")}
      </span>
    </button>
  );
}
