/** Every key that does something, on one page. */

import type { ReactNode } from "react";
import { type Action, actions } from "../../app/actions";
import { keysOf, shown } from "../../app/keys";
import { type MessageKey, useT } from "../../i18n";
import { ui } from "../../state/ui";
import { Button } from "../ui/Button";
import { Modal } from "./Modal";
import "./shortcuts.css";

const GROUPS: readonly Action["group"][] = ["file", "edit", "graph", "run", "view"];

/** Keys of the canvas itself, which cannot be changed. */
const CANVAS: readonly (readonly [chords: readonly string[], label: MessageKey])[] = [
  [["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"], "panels.keys.walk"],
  [["Shift+ArrowRight"], "panels.keys.extend"],
  [["Alt+ArrowRight"], "panels.keys.move"],
  [["Enter"], "panels.keys.fields"],
  [["S"], "panels.keys.sockets"],
  [["C"], "panels.keys.connect"],
  [["Escape"], "panels.keys.back"],
];

export default function Shortcuts({ onClose }: { onClose(): void }) {
  const t = useT();
  const all = actions().filter((one) => keysOf(one).length > 0);
  return (
    <Modal
      title={t("panels.action.shortcuts")}
      size="large"
      onClose={onClose}
      footer={
        <>
          <Button
            icon="settings"
            onClick={() => {
              onClose();
              ui.setState({ panel: "settings" });
            }}
          >
            {t("panels.keys.change")}
          </Button>
          <Button look="primary" onClick={onClose}>
            {t("panels.close")}
          </Button>
        </>
      }
    >
      <div className="shortcuts">
        <Part title={t("panels.keys.canvas")}>
          {CANVAS.map(([chords, label]) => (
            <Line key={label} chords={chords} label={t(label)} />
          ))}
        </Part>
        {GROUPS.map((group) => (
          <Part key={group} title={t(`settings.group.${group}`)}>
            {all
              .filter((one) => one.group === group)
              .map((one) => (
                <Line key={one.id} chords={keysOf(one)} label={t(one.label)} />
              ))}
          </Part>
        ))}
      </div>
    </Modal>
  );
}

function Part({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className="shortcuts-part">
      <h3>{title}</h3>
      <dl>{children}</dl>
    </section>
  );
}

function Line({ chords, label }: { readonly chords: readonly string[]; readonly label: string }) {
  return (
    <div className="shortcuts-line">
      <dt>{label}</dt>
      <dd>
        {chords.map((one) => (
          <kbd key={one} className="keys is-cap">
            {shown(one)}
          </kbd>
        ))}
      </dd>
    </div>
  );
}
