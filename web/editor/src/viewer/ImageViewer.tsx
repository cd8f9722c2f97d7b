/** Pictures, large: zoom, pan, one after the other, two against each other. */

import { type KeyboardEvent, useState } from "react";
import { useT } from "../i18n";
import { wordsOf } from "../widgets/useChoices";
import { CompareBar } from "./CompareBar";
import { copyPicture } from "./clipboard";
import type { ImageViewerProps, Picture } from "./contract";
import { Details } from "./Details";
import { Divider } from "./Divider";
import { Filmstrip } from "./Filmstrip";
import { Layer } from "./Layer";
import { Said, useSaid } from "./Said";
import { useDialog } from "./useDialog";
import { useViewport } from "./useViewport";
import { ViewerBar, ZOOM_STEP } from "./ViewerBar";
import { type Size, within } from "./viewport";
import "./viewer.css";

const PAN = 60;

export default function ImageViewer(props: ImageViewerProps) {
  const { pictures, onClose, onIndex, onOpenWorkflow } = props;
  const t = useT();
  const dialog = useDialog(onClose);
  const [stage, setStage] = useState<HTMLDivElement | null>(null);
  const [index, setIndex] = useState(props.index);
  const [other, setOther] = useState<number | null>(null);
  const [divider, setDivider] = useState(0.5);
  const [details, setDetails] = useState(false);
  const [sizes, setSizes] = useState<Readonly<Record<string, Size>>>({});
  const said = useSaid();
  const last = pictures.length - 1;
  const at = Math.min(Math.max(0, index), last);
  const picture = pictures[at];
  const against = other === null ? undefined : pictures[other];
  const sizeOf = (one: Picture | undefined) => (one ? (sizes[one.id] ?? knownSize(one)) : null);
  const size = sizeOf(picture);
  const viewport = useViewport(stage, size);

  const show = (next: number) => {
    if (next < 0 || next > last || next === at) return;
    setIndex(next);
    onIndex?.(next);
    said.quietly(t("viewer.at", { number: next + 1, count: pictures.length }));
  };
  const compare = () => {
    if (last > 0) setOther(other === null ? (at < last ? at + 1 : at - 1) : null);
  };
  const measured = (one: Picture) => (found: Size) =>
    setSizes((was) => ({ ...was, [one.id]: found }));
  const copy = (one: Picture) =>
    copyPicture(one.url).then(
      () => said.aloud(t("viewer.copied")),
      (error: unknown) => said.aloud(t("viewer.copy.failed", { error: wordsOf(error) })),
    );

  const keys = new Map<string, (shift: boolean) => void>([
    ["ArrowLeft", (shift) => (shift ? viewport.panBy(PAN, 0) : show(at - 1))],
    ["ArrowRight", (shift) => (shift ? viewport.panBy(-PAN, 0) : show(at + 1))],
    ["ArrowUp", () => viewport.panBy(0, PAN)],
    ["ArrowDown", () => viewport.panBy(0, -PAN)],
    ["Home", () => show(0)],
    ["End", () => show(last)],
    ["+", () => viewport.zoomBy(ZOOM_STEP)],
    ["=", () => viewport.zoomBy(ZOOM_STEP)],
    ["-", () => viewport.zoomBy(1 / ZOOM_STEP)],
    ["0", viewport.fit],
    ["1", viewport.actual],
    ["c", compare],
    ["i", () => setDetails(!details)],
  ]);
  const onKeyDown = (event: KeyboardEvent) => {
    event.stopPropagation();
    if (event.key === "Escape") {
      event.preventDefault();
      onClose();
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const action =
      event.target instanceof HTMLSelectElement
        ? undefined
        : keys.get(event.key.length === 1 ? event.key.toLowerCase() : event.key);
    if (!action) return;
    event.preventDefault();
    action(event.shiftKey);
  };

  if (!picture) return null;
  const overSize = sizeOf(against);
  return (
    <dialog {...dialog} className="viewer" aria-label={t("viewer.title")} onKeyDown={onKeyDown}>
      <ViewerBar
        picture={picture}
        at={at}
        count={pictures.length}
        viewport={viewport}
        comparing={other !== null}
        details={details}
        onShow={show}
        onCompare={compare}
        onDetails={() => setDetails(!details)}
        onCopy={() => void copy(picture)}
        onOpenWorkflow={onOpenWorkflow && (() => onOpenWorkflow(picture))}
        onClose={onClose}
      />
      <div className="viewer-middle">
        <div
          ref={setStage}
          className="viewer-stage"
          onPointerDown={(event) => viewport.down(event, true)}
          onPointerMove={viewport.move}
          onPointerUp={viewport.up}
          onPointerCancel={viewport.up}
          onDoubleClick={() => (viewport.view.scale === 1 ? viewport.fit() : viewport.actual())}
        >
          <Layer
            key={picture.id}
            picture={picture}
            view={viewport.view}
            size={size}
            onSize={measured(picture)}
          />
          {against && (
            <>
              <Layer
                key={`over ${against.id}`}
                picture={against}
                view={size && overSize ? within(viewport.view, size, overSize) : viewport.view}
                size={overSize}
                cut={divider * viewport.box.width}
                onSize={measured(against)}
              />
              <Divider at={divider} onMove={setDivider} />
            </>
          )}
        </div>
        {details && <Details picture={picture} size={size} />}
      </div>
      {other !== null && (
        <CompareBar
          pictures={pictures}
          left={at}
          right={other}
          onRight={setOther}
          onSwap={() => {
            setOther(at);
            show(other);
          }}
        />
      )}
      {last > 0 && <Filmstrip pictures={pictures} index={at} other={other} onPick={show} />}
      <Said said={said} />
    </dialog>
  );
}

function knownSize(one: Picture): Size | null {
  return one.width && one.height ? { width: one.width, height: one.height } : null;
}
