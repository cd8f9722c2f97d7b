import { useT } from "../i18n";
import type { Picture } from "./contract";
import { shownTime } from "./Details";
import { ToolButton } from "./ToolButton";

interface Props {
  readonly pictures: readonly Picture[];
  readonly left: number;
  readonly right: number;
  onRight(index: number): void;
  onSwap(): void;
}

/** Which pictures stand left and right of the divider. */
export function CompareBar({ pictures, left, right, onRight, onSwap }: Props) {
  const t = useT();
  return (
    <div className="viewer-compare">
      <span className="viewer-side" title={pictures[left]?.name}>
        {left + 1}: {words(pictures[left])}
      </span>
      <ToolButton icon="swap" label={t("viewer.compare.swap")} onClick={onSwap} />
      <select
        className="viewer-select"
        aria-label={t("viewer.compare.with")}
        value={right}
        onChange={(event) => onRight(Number(event.target.value))}
      >
        {pictures.map((one, index) => (
          <option key={one.id} value={index}>
            {index + 1}: {words(one)}
          </option>
        ))}
      </select>
    </div>
  );
}

/** Runs number their files anew, so the name alone does not tell pictures apart. */
function words(picture: Picture | undefined): string {
  if (!picture) return "";
  return picture.created ? `${picture.name}, ${shownTime(picture.created)}` : picture.name;
}
