import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from "react";
import { useT } from "../i18n";
import type { PlainFieldProps } from "./contract";
import { controlProps } from "./control";
import { evaluate } from "./expression";
import { Icon } from "./icons";
import { bounded, fraction, nudged, shownNum } from "./numbers";
import { Tip } from "./Tip";
import { useDraft } from "./useDraft";
import { useNumber } from "./useNumber";
import { useScrub } from "./useScrub";

interface Props extends PlainFieldProps {
  /** Show where the number stands between its bounds; dragging goes from bound to bound. */
  readonly filled?: boolean;
  /** Left out where the field has company that does the same. */
  readonly buttons?: boolean;
}

const KEYS: Readonly<Record<string, number>> = {
  ArrowUp: 1,
  ArrowDown: -1,
  PageUp: 10,
  PageDown: -10,
};

/** A number: type it or a sum, step it by arrows or the wheel, drag over it sideways. */
export function NumberField(props: Props) {
  const { spec, onChange, onCommit, compact, disabled, filled } = props;
  const t = useT();
  const model = useNumber(props);
  const { rule, number } = model;
  const draft = useDraft(shownNum(number));
  const [tip, setTip] = useState("");
  const input = useRef<HTMLInputElement>(null);
  const stepping = useRef(false);
  const before = useRef(props.value);

  const step = (steps: number) => {
    const typed = draft.editing ? evaluate(draft.text) : null;
    const from = typed === null ? model.start : bounded(typed, rule).value;
    draft.end();
    setTip("");
    stepping.current = true;
    model.set(nudged(from, steps, rule));
  };
  // What fits is taken as it is typed, so that a crash loses none of it; a sum waits for its end.
  const type = (text: string) => {
    if (!draft.editing) before.current = props.value;
    draft.set(text);
    const typed = /^-?[\d.]+$/.test(text) ? evaluate(text) : null;
    if (typed !== null && bounded(typed, rule).why === null) model.set(bounded(typed, rule).value);
  };
  const settle = () => {
    if (!stepping.current) return;
    stepping.current = false;
    onCommit();
  };
  const take = () => {
    if (!draft.editing) return;
    draft.end();
    const text = draft.text.trim();
    if (text === "") {
      if (!spec.required) onChange(undefined);
    } else {
      const typed = evaluate(text);
      if (typed === null) {
        // Its beginning may have been a number.
        onChange(before.current);
        onCommit();
        return setTip(t("widgets.number.none", { text }));
      }
      const fitting = bounded(typed, rule);
      model.set(fitting.value);
      const taken = { value: shownNum(fitting.value) };
      setTip(fitting.why ? t(`widgets.number.${fitting.why}`, taken) : "");
    }
    onCommit();
  };

  const focused = () => document.activeElement === input.current;
  const scrub = useScrub({
    enabled: () => disabled !== true && !focused(),
    onMove: (distance, event) => {
      const width = filled ? event.currentTarget.getBoundingClientRect().width : undefined;
      model.drag(distance, event.shiftKey ? 10 : event.altKey ? 0.1 : 1, width);
    },
    onEnd: model.endDrag,
    onCancel: model.cancelDrag,
    onTap: () => {
      input.current?.focus();
      input.current?.select();
    },
  });
  useFocusedWheel(input, step, settle);

  const onKeyDown = (event: KeyboardEvent) => {
    const by = KEYS[event.key];
    if (by !== undefined && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      step(by * (event.shiftKey ? 10 : 1));
    } else if (event.key === "Enter") {
      take();
      settle();
      input.current?.select();
    } else if (event.key === "Escape" && draft.editing) {
      event.stopPropagation();
      draft.end();
      onChange(before.current);
      onCommit();
    }
  };

  const part = filled ? fraction(number, rule) : null;
  return (
    <div className="number-field" data-filled={part !== null || undefined}>
      {part !== null && <span className="number-fill" style={{ width: `${part * 100}%` }} />}
      <input
        {...controlProps(props)}
        ref={input}
        className="field-box field-input number-input"
        role="spinbutton"
        inputMode={rule.kind === "int" && Number(rule.min ?? -1) >= 0 ? "numeric" : "text"}
        autoComplete="off"
        spellCheck={false}
        aria-valuenow={number === null ? undefined : Number(number)}
        aria-valuetext={shownNum(number) || t("widgets.none")}
        aria-valuemin={rule.min === null ? undefined : Number(rule.min)}
        aria-valuemax={rule.max === null ? undefined : Number(rule.max)}
        placeholder={t(spec.required ? "widgets.number.empty" : "widgets.none")}
        data-default={props.value === undefined || undefined}
        value={draft.text}
        onChange={(event) => {
          setTip("");
          type(event.target.value);
        }}
        onKeyDown={onKeyDown}
        onKeyUp={(event) => event.key in KEYS && settle()}
        onMouseDown={(event) => {
          // The press decides whether it becomes a drag or a click; only a click focuses.
          if (!focused()) event.preventDefault();
        }}
        {...scrub}
        onBlur={() => {
          take();
          settle();
        }}
      />
      {!compact && props.buttons !== false && (
        <Steppers disabled={disabled === true} onStep={step} onEnd={settle} />
      )}
      <Tip text={tip} onGone={() => setTip("")} />
    </div>
  );
}

/** Step by the wheel while the field has the focus; a passing scroll changes nothing. */
function useFocusedWheel(
  input: React.RefObject<HTMLInputElement | null>,
  step: (steps: number) => void,
  settle: () => void,
): void {
  const latest = useRef({ step, settle });
  latest.current = { step, settle };
  useEffect(() => {
    const element = input.current;
    if (!element) return;
    let timer = 0;
    // React listens passively, and a passive listener cannot keep the page from scrolling.
    const turn = (event: WheelEvent) => {
      if (document.activeElement !== element || event.ctrlKey || event.deltaY === 0) return;
      event.preventDefault();
      event.stopPropagation();
      latest.current.step((event.deltaY < 0 ? 1 : -1) * (event.shiftKey ? 10 : 1));
      window.clearTimeout(timer);
      timer = window.setTimeout(() => latest.current.settle(), 400);
    };
    element.addEventListener("wheel", turn, { passive: false });
    return () => {
      window.clearTimeout(timer);
      element.removeEventListener("wheel", turn);
    };
  }, [input]);
}

interface SteppersProps {
  readonly disabled: boolean;
  onStep(steps: number): void;
  onEnd(): void;
}

const FIRST_WAIT = 400;
const NEXT_WAIT = 60;

/** Buttons for the pointer; the keyboard has the arrows. */
function Steppers({ disabled, onStep, onEnd }: SteppersProps) {
  const latest = useRef(onStep);
  latest.current = onStep;
  const timer = useRef(0);
  useEffect(() => () => window.clearTimeout(timer.current), []);
  const press = (by: number) => (event: PointerEvent<HTMLElement>) => {
    event.preventDefault();
    event.currentTarget.setPointerCapture(event.pointerId);
    const again = (wait: number) => {
      latest.current(by);
      timer.current = window.setTimeout(() => again(NEXT_WAIT), wait);
    };
    again(FIRST_WAIT);
  };
  const release = () => {
    window.clearTimeout(timer.current);
    onEnd();
  };
  const button = (by: number) => (
    <button
      type="button"
      tabIndex={-1}
      className="field-button"
      disabled={disabled}
      onPointerDown={press(by)}
      onPointerUp={release}
      onPointerCancel={release}
    >
      <Icon name={by < 0 ? "minus" : "plus"} />
    </button>
  );
  return (
    <span className="number-steppers" aria-hidden="true">
      {button(-1)}
      {button(1)}
    </span>
  );
}
