import type { KeyboardEvent } from "react";
import type { PlainFieldProps } from "./contract";
import { NumberField } from "./NumberField";
import { atFraction, fraction, nudged, shownNum } from "./numbers";
import { useNumber } from "./useNumber";
import { useScrub } from "./useScrub";

const KEYS: Readonly<Record<string, number>> = {
  ArrowUp: 1,
  ArrowRight: 1,
  ArrowDown: -1,
  ArrowLeft: -1,
  PageUp: 10,
  PageDown: -10,
};

/** A number between two bounds. On a node the field itself shows how far it is filled. */
export function SliderField(props: PlainFieldProps) {
  if (props.compact) return <NumberField {...props} filled />;
  return (
    <div className="slider-field">
      <Track {...props} />
      <NumberField {...props} buttons={false} />
    </div>
  );
}

function Track(props: PlainFieldProps) {
  const { id, label, disabled, onCommit } = props;
  const model = useNumber(props);
  const { rule, number } = model;
  const part = fraction(number, rule) ?? 0;
  const to = (event: React.PointerEvent<HTMLElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    model.set(atFraction((event.clientX - box.left) / box.width, rule));
  };
  const scrub = useScrub({
    enabled: () => disabled !== true,
    onMove: (_, event) => to(event),
    onEnd: model.endDrag,
    onCancel: model.cancelDrag,
  });
  const onKeyDown = (event: KeyboardEvent) => {
    const by = KEYS[event.key];
    const end = event.key === "Home" ? rule.min : event.key === "End" ? rule.max : null;
    if (disabled || event.ctrlKey || event.metaKey || (by === undefined && end === null)) return;
    event.preventDefault();
    event.stopPropagation();
    if (by !== undefined) model.set(nudged(model.start, by * (event.shiftKey ? 10 : 1), rule));
    else model.set(atFraction(event.key === "Home" ? 0 : 1, rule));
  };
  return (
    <div
      id={`${id}-track`}
      className="slider-track"
      role="slider"
      tabIndex={disabled ? -1 : 0}
      aria-label={label}
      aria-disabled={disabled || undefined}
      aria-valuenow={Number(number ?? model.start)}
      aria-valuetext={shownNum(number)}
      aria-valuemin={Number(rule.min)}
      aria-valuemax={Number(rule.max)}
      onKeyDown={onKeyDown}
      onKeyUp={(event) => (event.key in KEYS || /^(Home|End)$/.test(event.key)) && onCommit()}
      {...scrub}
      onPointerDown={(event) => {
        scrub.onPointerDown(event);
        if (!disabled && event.button === 0) to(event);
      }}
      onPointerUp={() => {
        scrub.onPointerUp();
        onCommit();
      }}
    >
      <span className="slider-rail" />
      <span className="slider-done" style={{ width: `${part * 100}%` }} />
      <span className="slider-knob" style={{ left: `${part * 100}%` }} />
    </div>
  );
}
