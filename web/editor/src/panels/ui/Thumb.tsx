import { useState } from "react";
import { Icon } from "./Icon";
import type { IconName } from "./icons";
import "./thumb.css";

interface Props {
  readonly src: string | null | undefined;
  /** Shown where there is no picture, or it does not load. */
  readonly icon: IconName;
  /** Empty where a text beside it says the same. */
  readonly alt?: string;
}

/** A small picture in a box that is as large without it. */
export function Thumb({ src, icon, alt = "" }: Props) {
  const [broken, setBroken] = useState<string | null>(null);
  return (
    <span className="thumb">
      {src && src !== broken ? (
        <img
          src={src}
          alt={alt}
          loading="lazy"
          decoding="async"
          draggable={false}
          onError={() => setBroken(src)}
        />
      ) : (
        <Icon name={icon} />
      )}
    </span>
  );
}
