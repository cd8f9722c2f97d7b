import type { InputSpec } from "../../document/catalogue";
import { numberOf } from "../../document/json";
import { type MessageKey, useT } from "../../i18n";
import type { IconName } from "../../widgets/icons";
import { SliderField } from "../../widgets/SliderField";
import { ToolButton } from "../ToolButton";
import type { MaskEdits } from "./edits";
import type { Pen, Tool } from "./gesture";

export const TOOLS: readonly {
  readonly tool: Tool;
  readonly icon: IconName;
  readonly label: MessageKey;
  readonly key: string;
}[] = [
  { tool: "brush", icon: "brush", label: "viewer.mask.brush", key: "b" },
  { tool: "eraser", icon: "eraser", label: "viewer.mask.eraser", key: "e" },
  { tool: "rectangle", icon: "rectangle", label: "viewer.mask.rectangle", key: "r" },
  { tool: "lasso", icon: "lasso", label: "viewer.mask.lasso", key: "l" },
  { tool: "hand", icon: "hand", label: "viewer.mask.hand", key: "h" },
];

const SIZE = spec("size", "int", {
  type: "integer",
  minimum: 1,
  maximum: 512,
  "x-widget": "slider",
});
const HARDNESS = spec("hardness", "float", {
  type: "number",
  minimum: 0,
  maximum: 1,
  "x-step": 0.05,
  "x-widget": "slider",
});

function spec(name: string, kind: string, schema: InputSpec["schema"]): InputSpec {
  return { name, kind, schema, required: true, default: null, nullable: false, help: "" };
}

interface Props {
  readonly pen: Pen;
  readonly edits: MaskEdits;
  onPen(pen: Pen): void;
  onUndo(): void;
  onRedo(): void;
  onInvert(): void;
  onFill(value: number): void;
}

/** What is painted with, and what is done to the whole mask. */
export function Tools({ pen, edits, onPen, onUndo, onRedo, onInvert, onFill }: Props) {
  const t = useT();
  return (
    <div className="mask-tools" role="toolbar" aria-label={t("viewer.mask.tools")}>
      <span className="viewer-group">
        {TOOLS.map(({ tool, icon, label, key }) => (
          <ToolButton
            key={tool}
            icon={icon}
            label={t(label)}
            keys={key.toUpperCase()}
            pressed={pen.tool === tool}
            onClick={() => onPen({ ...pen, tool })}
          />
        ))}
      </span>
      <Slider
        spec={SIZE}
        label={t("viewer.mask.size")}
        value={pen.size}
        onValue={(size) => onPen({ ...pen, size })}
      />
      <Slider
        spec={HARDNESS}
        label={t("viewer.mask.hardness")}
        value={pen.hardness}
        onValue={(hardness) => onPen({ ...pen, hardness })}
      />
      <span className="viewer-group">
        <ToolButton
          icon="undo"
          label={t("viewer.mask.undo")}
          disabled={!edits.canUndo}
          onClick={onUndo}
        />
        <ToolButton
          icon="redo"
          label={t("viewer.mask.redo")}
          disabled={!edits.canRedo}
          onClick={onRedo}
        />
      </span>
      <span className="viewer-group">
        <ToolButton icon="invert" label={t("viewer.mask.invert")} keys="I" onClick={onInvert} />
        <ToolButton icon="fill" label={t("viewer.mask.fill")} onClick={() => onFill(255)} />
        <ToolButton icon="clear" label={t("viewer.mask.clear")} onClick={() => onFill(0)} />
      </span>
    </div>
  );
}

interface SliderProps {
  readonly spec: InputSpec;
  readonly label: string;
  readonly value: number;
  onValue(value: number): void;
}

function Slider({ spec: input, label, value, onValue }: SliderProps) {
  return (
    <label className="mask-slider" htmlFor={`mask-${input.name}-control`}>
      <span>{label}</span>
      <span className="field" data-size="roomy">
        <SliderField
          id={`mask-${input.name}`}
          label={label}
          spec={input}
          value={value}
          compact
          onChange={(next) => onValue(numberOf(next) ?? value)}
          onCommit={() => undefined}
        />
      </span>
    </label>
  );
}
