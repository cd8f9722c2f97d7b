import type { ReactNode } from "react";
import { useStore } from "zustand";
import { LANGUAGES, type Language, useT } from "../../i18n";
import { type Settings, settings } from "../../state/settings";
import { Segments } from "../ui/Segments";

const THEMES: readonly Settings["theme"][] = ["system", "dark", "light"];

export function GeneralSettings() {
  const t = useT();
  const { theme, language, snap } = useStore(settings);
  return (
    <div className="settings-general">
      <Row label={t("settings.theme")}>
        <Segments<Settings["theme"]>
          label={t("settings.theme")}
          options={THEMES.map((id) => ({ id, label: t(`settings.theme.${id}`) }))}
          value={theme}
          onChange={(chosen) => settings.setState({ theme: chosen })}
        />
      </Row>
      <Row label={t("settings.language")}>
        <Segments<Language>
          label={t("settings.language")}
          options={Object.entries(LANGUAGES).map(([id, label]) => ({ id: id as Language, label }))}
          value={language}
          onChange={(chosen) => settings.setState({ language: chosen })}
        />
      </Row>
      <label className="settings-check">
        <input
          type="checkbox"
          checked={snap}
          onChange={(event) => settings.setState({ snap: event.target.checked })}
        />
        <span>
          {t("settings.snap")}
          <span className="settings-hint">{t("settings.snap.hint")}</span>
        </span>
      </label>
    </div>
  );
}

function Row({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <div className="settings-row">
      <span>{label}</span>
      {children}
    </div>
  );
}
