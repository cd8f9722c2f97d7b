import { useT } from "../i18n";
import { Icon } from "../widgets/icons";
import type { Picture } from "./contract";
import { ToolButton } from "./ToolButton";
import type { Viewport } from "./useViewport";

export const ZOOM_STEP = 1.25;

interface Props {
  readonly picture: Picture;
  readonly at: number;
  readonly count: number;
  readonly viewport: Viewport;
  readonly comparing: boolean;
  readonly details: boolean;
  onShow(index: number): void;
  onCompare(): void;
  onDetails(): void;
  onCopy(): void;
  onOpenWorkflow?: (() => void) | undefined;
  onClose(): void;
}

/** The bar above a picture: which it is, and all that can be done with it. */
export function ViewerBar(props: Props) {
  const { picture, count, viewport, comparing, details, onOpenWorkflow } = props;
  const t = useT();
  return (
    <header className="viewer-bar">
      <h2 className="viewer-name" title={picture.name}>
        {picture.name}
      </h2>
      {count > 1 && <Steps {...props} />}
      <ZoomTools viewport={viewport} />
      <span className="viewer-group">
        {count > 1 && (
          <ToolButton
            icon="compare"
            label={t("viewer.compare")}
            keys="C"
            pressed={comparing}
            onClick={props.onCompare}
          />
        )}
        <ToolButton
          icon="info"
          label={t("viewer.details")}
          keys="I"
          pressed={details}
          onClick={props.onDetails}
        />
        <ToolButton icon="copy" label={t("viewer.copy")} onClick={props.onCopy} />
        <a
          className="viewer-button"
          href={picture.url}
          download={picture.name}
          aria-label={t("viewer.download")}
          title={t("viewer.download")}
        >
          <Icon name="download" />
        </a>
        {onOpenWorkflow && (
          <ToolButton icon="workflow" label={t("viewer.workflow")} onClick={onOpenWorkflow} />
        )}
      </span>
      <ToolButton icon="close" label={t("viewer.close")} keys="Esc" onClick={props.onClose} />
    </header>
  );
}

function Steps({ at, count, onShow }: Props) {
  const t = useT();
  return (
    <span className="viewer-group">
      <ToolButton
        icon="previous"
        label={t("viewer.previous")}
        keys="←"
        disabled={at === 0}
        onClick={() => onShow(at - 1)}
      />
      <span className="viewer-count">{t("viewer.at", { number: at + 1, count })}</span>
      <ToolButton
        icon="next"
        label={t("viewer.next")}
        keys="→"
        disabled={at === count - 1}
        onClick={() => onShow(at + 1)}
      />
    </span>
  );
}

export function ZoomTools({ viewport }: { readonly viewport: Viewport }) {
  const t = useT();
  return (
    <span className="viewer-group">
      <ToolButton
        icon="minus"
        label={t("viewer.zoom.out")}
        keys="-"
        onClick={() => viewport.zoomBy(1 / ZOOM_STEP)}
      />
      <ToolButton label={t("viewer.zoom.actual")} keys="1" onClick={viewport.actual}>
        <span className="viewer-percent">{Math.round(viewport.view.scale * 100)} %</span>
      </ToolButton>
      <ToolButton
        icon="plus"
        label={t("viewer.zoom.in")}
        keys="+"
        onClick={() => viewport.zoomBy(ZOOM_STEP)}
      />
      <ToolButton icon="fit" label={t("viewer.zoom.fit")} keys="0" onClick={viewport.fit} />
    </span>
  );
}
