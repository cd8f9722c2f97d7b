import { shown } from "../../app/keys";
import "./keys.css";

/** A chord as it is printed on the keys. */
export function Keys({ chord }: { readonly chord: string }) {
  return <kbd className="keys">{shown(chord)}</kbd>;
}
