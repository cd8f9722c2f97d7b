/** The field of an input: the widget its schema asks for, its message, its way back to nothing. */

import { type ComponentType, type KeyboardEvent, lazy, type ReactNode, Suspense } from "react";
import { useT } from "../i18n";
import type { FieldProps } from "./contract";
import { effective } from "./control";
import { EnumField, SubgraphField } from "./EnumField";
import { FilesField } from "./FilesField";
import { Icon } from "./icons";
import { JsonField, LinesField, NumbersField } from "./ListFields";
import { NumberField } from "./NumberField";
import { PathField } from "./PathField";
import { isTall, type WidgetName, widgetOf } from "./pick";
import { SeedField } from "./SeedField";
import { SliderField } from "./SliderField";
import { SwitchField } from "./SwitchField";
import { TextAreaField } from "./TextAreaField";
import { TextField } from "./TextField";
import { useNumber } from "./useNumber";
import { useScrub } from "./useScrub";
import "./field.css";

const PluginWidget = lazy(() => import("./PluginWidget"));

const WIDGETS: Readonly<Record<Exclude<WidgetName, "none">, ComponentType<FieldProps>>> = {
  number: NumberField,
  slider: SliderField,
  seed: SeedField,
  text: TextField,
  textarea: TextAreaField,
  bool: SwitchField,
  enum: EnumField,
  choices: FilesField,
  files: FilesField,
  path: PathField,
  subgraph: SubgraphField,
  numbers: NumbersField,
  lines: LinesField,
  json: JsonField,
  plugin: PluginWidget,
};

/** Keys that a field's buttons and switches use themselves, and the canvas must not hear. */
const OWN_KEYS = /^(Arrow\w+|Enter| |Home|End|Page\w+|Backspace|Delete)$/;

/**
 * The control and, below it, its message: two elements, so that in a grid the message may be as
 * wide as the whole row. Nothing where only a link fits.
 */
export function Field(props: FieldProps) {
  const { id, spec, invalid, compact } = props;
  const name = widgetOf(spec);
  if (name === "none") return null;
  const Widget = WIDGETS[name];
  const onKeyDown = (event: KeyboardEvent) => {
    if (!event.ctrlKey && !event.metaKey && OWN_KEYS.test(event.key)) event.stopPropagation();
  };
  return (
    <>
      <div
        className="field nodrag nopan nokey"
        data-size={compact ? "compact" : "roomy"}
        data-tall={isTall(spec) || undefined}
        data-widget={name}
        data-invalid={invalid !== undefined || undefined}
        onKeyDown={onKeyDown}
      >
        <Suspense fallback={<span className="field-box field-loading" />}>
          <Widget {...props} />
        </Suspense>
        <ClearButton {...props} />
      </div>
      {invalid !== undefined && (
        <p id={`${id}-message`} className="field-message" title={invalid}>
          <Icon name="warn" />
          <span>{invalid}</span>
        </p>
      )}
    </>
  );
}

/** Of an input that may be nothing and is something. */
function ClearButton(props: FieldProps) {
  const { spec, label, disabled, onChange, onCommit } = props;
  const t = useT();
  if (!spec.nullable || effective(props) === null) return null;
  return (
    <button
      type="button"
      className="field-button field-clear"
      disabled={disabled}
      aria-label={t("widgets.clear", { label })}
      title={t("widgets.clear.short")}
      onClick={() => {
        onChange(spec.default === null ? undefined : null);
        onCommit();
      }}
    >
      <Icon name="close" />
    </button>
  );
}

type LabelProps = Pick<
  FieldProps,
  "id" | "spec" | "value" | "disabled" | "onChange" | "onCommit"
> & {
  readonly className?: string;
  readonly title?: string;
  readonly children: ReactNode;
};

/** The visible label of a field. A number's can be dragged sideways. */
export function FieldLabel(props: LabelProps) {
  const name = widgetOf(props.spec);
  if (name === "number" || name === "slider") return <ScrubLabel {...props} />;
  return (
    <label className={props.className} htmlFor={`${props.id}-control`} title={props.title}>
      {props.children}
    </label>
  );
}

function ScrubLabel(props: LabelProps) {
  const { id, className = "", title, disabled, children } = props;
  const model = useNumber(props);
  const scrub = useScrub({
    enabled: () => disabled !== true,
    onMove: (distance, event) => model.drag(distance, event.shiftKey ? 10 : event.altKey ? 0.1 : 1),
    onEnd: model.endDrag,
    onCancel: model.cancelDrag,
  });
  return (
    <label
      className={`${className} field-scrub nodrag nopan`}
      htmlFor={`${id}-control`}
      title={title}
      {...scrub}
    >
      {children}
    </label>
  );
}
