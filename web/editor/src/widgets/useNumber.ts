/** One number of a document, changed by gestures: what the fields and the label of a number share. */

import { useRef } from "react";
import type { FieldProps } from "./contract";
import { effective } from "./control";
import type { Num } from "./expression";
import { atFraction, fraction, jsonOf, type NumberRule, nudged, numOf, ruleOf } from "./numbers";

export interface NumberModel {
  readonly rule: NumberRule;
  readonly number: Num | null;
  /** What steps begin at where there is no number yet. */
  readonly start: Num;
  set(value: Num): void;
  /** Move by `distance` pixels from where the gesture began; across `width`, from bound to bound. */
  drag(distance: number, factor: number, width?: number): void;
  endDrag(): void;
  cancelDrag(): void;
}

// How far the pointer goes for one step.
const PIXELS_A_STEP = 4;

type Given = Pick<FieldProps, "spec" | "value" | "onChange" | "onCommit">;

export function useNumber({ spec, value, onChange, onCommit }: Given): NumberModel {
  const rule = ruleOf(spec.kind, spec.schema);
  const number = numOf(effective({ value, spec }), rule);
  const start = number ?? numOf(spec.default, rule) ?? startOf(rule);
  const before = useRef<{ number: Num; value: FieldProps["value"] } | null>(null);
  const set = (next: Num) => {
    if (next !== number) onChange(jsonOf(next));
  };
  return {
    rule,
    number,
    start,
    set,
    drag(distance, factor, width) {
      before.current ??= { number: start, value };
      const from = before.current.number;
      const part = width ? fraction(from, rule) : null;
      if (part !== null && width) set(atFraction(part + (distance / width) * factor, rule));
      else set(nudged(from, Math.trunc(distance / PIXELS_A_STEP) * factor, rule));
    },
    endDrag() {
      before.current = null;
      onCommit();
    },
    cancelDrag() {
      if (before.current) onChange(before.current.value);
      before.current = null;
      onCommit();
    },
  };
}

function startOf(rule: NumberRule): Num {
  const zero = rule.kind === "float" ? 0 : 0n;
  if (rule.min !== null && zero < rule.min) return rule.min;
  return rule.max !== null && zero > rule.max ? rule.max : zero;
}
