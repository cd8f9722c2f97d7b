import { ICONS, type IconName } from "./icons";
import "./icon.css";

/** A small picture. It says nothing by itself: the button or text around it has the words. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg className="icon" width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
      {ICONS[name]}
    </svg>
  );
}
