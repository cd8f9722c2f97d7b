import { type CSSProperties, useState } from "react";
import { useT } from "../i18n";
import type { Picture } from "./contract";
import type { Size, View } from "./viewport";

interface Props {
  readonly picture: Picture;
  readonly view: View;
  /** The size it is drawn at, before zoom; null until it is known. */
  readonly size: Size | null;
  /** How much is cut off on the left, in pixels of the box. */
  readonly cut?: number;
  onSize(size: Size): void;
}

/** From this scale on, pixels are shown as squares. */
const SQUARES = 3;

/** One picture in the stage, with a checkerboard where it lets light through. */
export function Layer({ picture, view, size, cut = 0, onSize }: Props) {
  const t = useT();
  const [failed, setFailed] = useState<string | null>(null);
  if (failed === picture.url)
    return <p className="viewer-failed">{t("viewer.failed", { name: picture.name })}</p>;
  const place: CSSProperties = size
    ? {
        width: size.width * view.scale,
        height: size.height * view.scale,
        transform: `translate(${view.x}px, ${view.y}px)`,
      }
    : { visibility: "hidden" };
  return (
    <div className="viewer-layer" style={cut > 0 ? { clipPath: `inset(0 0 0 ${cut}px)` } : {}}>
      <img
        className="viewer-picture"
        data-squares={view.scale >= SQUARES || undefined}
        style={place}
        src={picture.url}
        alt={picture.name}
        draggable={false}
        onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) =>
          onSize({ width: naturalWidth, height: naturalHeight })
        }
        onError={() => setFailed(picture.url)}
      />
    </div>
  );
}
