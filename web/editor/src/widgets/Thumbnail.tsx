import { useState } from "react";
import { Icon, type IconName } from "./icons";

interface Props {
  readonly src: string | null;
  readonly className: string;
  readonly icon: IconName;
}

/** A small picture, or a sign where there is none or it does not load. What it shows is said beside. */
export function Thumbnail({ src, className, icon }: Props) {
  const [failed, setFailed] = useState<string | null>(null);
  return (
    <span className={`thumbnail ${className}`}>
      {src === null || src === failed ? (
        <Icon name={icon} />
      ) : (
        <img src={src} alt="" loading="lazy" decoding="async" onError={() => setFailed(src)} />
      )}
    </span>
  );
}
