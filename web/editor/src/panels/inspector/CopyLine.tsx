import { t, useT } from "../../i18n";
import { copyWords } from "../../state/copying";
import { announce, toast } from "../../state/ui";
import { attempt } from "../attempt";
import { IconButton } from "../ui/IconButton";

/** A line to be typed elsewhere, with a button that copies it. */
export function CopyLine({ text }: { readonly text: string }) {
  const words = useT();
  return (
    <span className="inspector-copy">
      <code>{text}</code>
      <IconButton
        small
        icon="copy"
        label={words("inspector.copy", { text })}
        onClick={() => void copyText(text)}
      />
    </span>
  );
}

export async function copyText(text: string): Promise<void> {
  if (!(await attempt(() => copyWords(text)))) return;
  toast("ok", t("inspector.copied"));
  announce(t("inspector.copied"));
}
