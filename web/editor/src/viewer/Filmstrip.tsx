import { useEffect, useRef } from "react";
import { useT } from "../i18n";
import { Thumbnail } from "../widgets/Thumbnail";
import type { Picture } from "./contract";

interface Props {
  readonly pictures: readonly Picture[];
  readonly index: number;
  /** The other side of a comparison. */
  readonly other: number | null;
  onPick(index: number): void;
}

/** All pictures, small, along the bottom. */
export function Filmstrip({ pictures, index, other, onPick }: Props) {
  const t = useT();
  const list = useRef<HTMLElement>(null);
  useEffect(() => {
    list.current?.children[index]?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [index]);
  return (
    <nav ref={list} className="viewer-strip" aria-label={t("viewer.strip")}>
      {pictures.map((one, at) => (
        <button
          key={one.id}
          type="button"
          className="viewer-thumb"
          aria-current={at === index || undefined}
          data-other={at === other || undefined}
          aria-label={t("viewer.show", { number: at + 1, name: one.name })}
          title={one.name}
          onClick={() => onPick(at)}
        >
          <Thumbnail
            src={one.thumbnail ?? one.url}
            className="viewer-thumb-picture"
            icon="picture"
          />
        </button>
      ))}
    </nav>
  );
}
