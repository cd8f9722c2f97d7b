/** What stands in the page's place where it could not start. */

import { useT } from "../i18n";

export function StartFailed({ error }: { error: unknown }) {
  const t = useT();
  const reason = error instanceof Error ? error.message : String(error);
  return (
    <main className="crash" role="alert">
      <p>{t("shell.start.failed", { reason })}</p>
      <button type="button" className="button" onClick={() => window.location.reload()}>
        {t("shell.start.retry")}
      </button>
    </main>
  );
}
