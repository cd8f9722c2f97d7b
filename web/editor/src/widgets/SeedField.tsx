import { useRef, useState } from "react";
import { type MessageKey, useT } from "../i18n";
import type { FieldProps, SeedMode } from "./contract";
import { Icon, type IconName } from "./icons";
import { Menu } from "./Menu";
import { NumberField } from "./NumberField";
import { Popover } from "./Popover";
import { randomSeed } from "./seed";

const MODES: readonly { mode: SeedMode; icon: IconName; label: MessageKey; help: MessageKey }[] = [
  { mode: "fixed", icon: "pin", label: "widgets.seed.fixed", help: "widgets.seed.fixed.help" },
  {
    mode: "random",
    icon: "random",
    label: "widgets.seed.random",
    help: "widgets.seed.random.help",
  },
  {
    mode: "increment",
    icon: "increment",
    label: "widgets.seed.increment",
    help: "widgets.seed.increment.help",
  },
];

/** A seed, what becomes of it after a run, and a new one now. */
export function SeedField(props: FieldProps) {
  const { env, disabled, onChange, onCommit } = props;
  const t = useT();
  return (
    <div className="seed-field">
      <NumberField {...props} buttons={false} />
      {env.onSeedMode && <ModeButton {...props} />}
      <button
        type="button"
        className="field-button"
        disabled={disabled}
        aria-label={t("widgets.seed.new", { label: props.label })}
        title={t("widgets.seed.new.short")}
        onClick={() => {
          onChange(randomSeed());
          onCommit();
        }}
      >
        <Icon name="dice" />
      </button>
    </div>
  );
}

function ModeButton({ env, disabled, label }: FieldProps) {
  const t = useT();
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const mode = env.seedMode ?? "fixed";
  const now = MODES.find((one) => one.mode === mode) ?? MODES[0];
  if (!now) return null;
  return (
    <>
      <button
        ref={button}
        type="button"
        className="field-button"
        data-on={mode !== "fixed" || undefined}
        disabled={disabled}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-label={t("widgets.seed.mode", { label, mode: t(now.label) })}
        title={t(now.label)}
        onClick={() => setOpen(!open)}
      >
        <Icon name={now.icon} />
      </button>
      {open && (
        <Popover
          anchor={button}
          role="menu"
          label={t("widgets.seed.mode.short")}
          onClose={() => setOpen(false)}
        >
          <Menu
            items={MODES.map((one) => ({
              key: one.mode,
              icon: one.icon,
              label: t(one.label),
              detail: t(one.help),
              checked: one.mode === mode,
            }))}
            onPick={(key) => {
              setOpen(false);
              env.onSeedMode?.(key as SeedMode);
              button.current?.focus();
            }}
          />
        </Popover>
      )}
    </>
  );
}
