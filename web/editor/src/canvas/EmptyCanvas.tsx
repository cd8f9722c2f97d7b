/** What an empty graph says. */

import { perform } from "../app/actions";
import { useT } from "../i18n";
import { ui } from "../state/ui";

export function EmptyCanvas() {
  const t = useT();
  return (
    <div className="canvas-empty">
      <h2>{t("canvas.empty.title")}</h2>
      <p>{t("canvas.empty.hint")}</p>
      <div className="canvas-empty-actions">
        <button
          type="button"
          className="button"
          onClick={() => ui.setState({ panel: "templates" })}
        >
          {t("canvas.empty.template")}
        </button>
        <button type="button" className="button" onClick={() => perform("file.open")}>
          {t("canvas.empty.open")}
        </button>
      </div>
    </div>
  );
}
