/** Paints what is selected of a picture, and gives it back as a grey PNG of the same size. */

import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { useT } from "../i18n";
import { wordsOf } from "../widgets/useChoices";
import type { MaskPainterProps } from "./contract";
import { NOWHERE, type Region } from "./mask/buffer";
import type { MaskEdits } from "./mask/edits";
import type { Pen } from "./mask/gesture";
import { beginMask } from "./mask/load";
import { greyPng } from "./mask/png";
import { Surface } from "./mask/Surface";
import { nextSize } from "./mask/stroke";
import { TOOLS, Tools } from "./mask/Tools";
import { Said, useSaid } from "./Said";
import { ToolButton } from "./ToolButton";
import { useDialog } from "./useDialog";
import { useViewport } from "./useViewport";
import { ZOOM_STEP, ZoomTools } from "./ViewerBar";
import "./viewer.css";
import "./mask/mask.css";
import "../widgets/field.css";

const HARDNESS_STEP = 0.1;

export default function MaskPainter(props: MaskPainterProps) {
  const { source, initial, name, onSave, onClose } = props;
  const t = useT();
  const [stage, setStage] = useState<HTMLDivElement | null>(null);
  const [edits, setEdits] = useState<MaskEdits | null>(null);
  const [pen, setPen] = useState<Pen>({ tool: "brush", size: 32, hardness: 0.8 });
  const [drawn, setDrawn] = useState<{ region: Region }>({ region: NOWHERE });
  const [held, setHeld] = useState(false);
  const [asking, setAsking] = useState(false);
  const [saving, setSaving] = useState(false);
  const [error, setError] = useState("");
  const said = useSaid();
  const viewport = useViewport(stage, edits?.mask ?? null);

  useEffect(() => {
    let wanted = true;
    beginMask(source, initial).then(
      (begun) => {
        if (!wanted) return;
        setPen((was) => ({ ...was, size: usualSize(begun.mask.width, begun.mask.height) }));
        setEdits(begun);
      },
      () => wanted && setError("unreadable"),
    );
    return () => {
      wanted = false;
    };
  }, [source, initial]);
  useEffect(() => stage?.focus(), [stage]);

  const leave = () => (edits?.canUndo && !asking ? setAsking(true) : onClose());
  const dialog = useDialog(leave);
  const whole = (change: (edits: MaskEdits) => Region) => {
    if (!edits) return;
    setDrawn({ region: change(edits) });
  };
  const changeAll = (change: (edits: MaskEdits) => Region) =>
    whole((one) => {
      const region = one.touch(change(one));
      one.commit();
      return region;
    });
  const undo = () => whole((one) => one.undo());
  const redo = () => whole((one) => one.redo());
  const save = async () => {
    if (!edits || saving) return;
    setSaving(true);
    try {
      const { width, height, data } = edits.mask;
      await onSave(await greyPng(width, height, data));
    } catch (failure) {
      said.aloud(t("viewer.mask.failed", { error: wordsOf(failure) }));
    } finally {
      setSaving(false);
    }
  };

  const harder = (by: number) =>
    setPen({ ...pen, hardness: Math.min(1, Math.max(0, round(pen.hardness + by))) });
  const keys = new Map<string, () => void>([
    ...TOOLS.map(({ tool, key }) => [key, () => setPen({ ...pen, tool })] as const),
    ["[", () => setPen({ ...pen, size: nextSize(pen.size, false) })],
    ["]", () => setPen({ ...pen, size: nextSize(pen.size, true) })],
    ["{", () => harder(-HARDNESS_STEP)],
    ["}", () => harder(HARDNESS_STEP)],
    ["i", () => changeAll((one) => one.mask.invert())],
    ["+", () => viewport.zoomBy(ZOOM_STEP)],
    ["=", () => viewport.zoomBy(ZOOM_STEP)],
    ["-", () => viewport.zoomBy(1 / ZOOM_STEP)],
    ["0", viewport.fit],
    ["1", viewport.actual],
    ["Mod+z", undo],
    ["Mod+Shift+z", redo],
    ["Mod+y", redo],
  ]);
  const onKeyDown = (event: KeyboardEvent) => {
    event.stopPropagation();
    if (event.key === "Escape") {
      event.preventDefault();
      leave();
    }
    if (event.target instanceof HTMLInputElement || event.altKey) return;
    if (event.key === " " && event.target === stage) {
      event.preventDefault();
      setHeld(true);
      return;
    }
    const action = keys.get(chordOf(event));
    if (!action) return;
    event.preventDefault();
    action();
  };

  return (
    <dialog
      {...dialog}
      className="viewer"
      aria-label={t("viewer.mask.title", { name })}
      onKeyDown={onKeyDown}
      onKeyUp={(event) => {
        event.stopPropagation();
        if (event.key === " ") setHeld(false);
      }}
    >
      <header className="viewer-bar">
        <h2 className="viewer-name" title={name}>
          {t("viewer.mask.title", { name })}
        </h2>
        <span className="mask-hint">{t("viewer.mask.hint")}</span>
        <ZoomTools viewport={viewport} />
        <ToolButton icon="close" label={t("viewer.close")} keys="Esc" onClick={leave} />
      </header>
      <div className="viewer-middle">
        {edits ? (
          <Surface
            stage={setStage}
            source={source}
            edits={edits}
            pen={pen}
            viewport={viewport}
            panning={held || pen.tool === "hand"}
            drawn={drawn}
            onChange={() => setDrawn({ region: NOWHERE })}
            onCursor={({ x, y }) =>
              said.quietly(t("viewer.mask.cursor", { x: Math.round(x), y: Math.round(y) }))
            }
          />
        ) : (
          <div className="viewer-stage">
            {error && <p className="viewer-failed">{t("viewer.mask.unreadable")}</p>}
          </div>
        )}
      </div>
      <footer className="mask-foot">
        {asking ? (
          <Discard onKeep={() => setAsking(false)} onDiscard={onClose} />
        ) : (
          <>
            {edits && (
              <Tools
                pen={pen}
                edits={edits}
                onPen={setPen}
                onUndo={undo}
                onRedo={redo}
                onInvert={() => changeAll((one) => one.mask.invert())}
                onFill={(value) => changeAll((one) => one.mask.fill(value))}
              />
            )}
            <span className="mask-end">
              <button type="button" className="mask-button" onClick={leave}>
                {t("viewer.mask.cancel")}
              </button>
              <button
                type="button"
                className="mask-button is-primary"
                disabled={!edits || saving}
                onClick={() => void save()}
              >
                {t(saving ? "viewer.mask.saving" : "viewer.mask.save")}
              </button>
            </span>
          </>
        )}
      </footer>
      <Said said={said} />
    </dialog>
  );
}

interface DiscardProps {
  onKeep(): void;
  onDiscard(): void;
}

function Discard({ onKeep, onDiscard }: DiscardProps) {
  const t = useT();
  const keep = useRef<HTMLButtonElement>(null);
  useEffect(() => keep.current?.focus(), []);
  return (
    <div className="mask-end" role="alert">
      <span>{t("viewer.mask.discard")}</span>
      <button type="button" className="mask-button" onClick={onDiscard}>
        {t("viewer.mask.discard.yes")}
      </button>
      <button ref={keep} type="button" className="mask-button is-primary" onClick={onKeep}>
        {t("viewer.mask.discard.no")}
      </button>
    </div>
  );
}

/** Signs such as "{" already are what Shift makes them; letters are not told by case. */
function chordOf({ ctrlKey, metaKey, shiftKey, key }: KeyboardEvent): string {
  if (!ctrlKey && !metaKey) return key.length === 1 ? key.toLowerCase() : key;
  return `Mod+${shiftKey ? "Shift+" : ""}${key.toLowerCase()}`;
}

/** A brush that suits the picture: a sixteenth of its shorter side. */
function usualSize(width: number, height: number): number {
  return Math.min(256, Math.max(2, Math.round(Math.min(width, height) / 16)));
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
