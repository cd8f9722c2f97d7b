/** What a person can choose for this browser, the keys, and what the server is. */

import { useState } from "react";
import { useT } from "../i18n";
import { GeneralSettings } from "./settings/General";
import { KeySettings } from "./settings/Keys";
import { SystemInfo } from "./settings/System";
import { Tabs } from "./ui/Tabs";
import "./panel.css";
import "./settings/settings.css";

type Part = "general" | "keys" | "system";

const PARTS: readonly Part[] = ["general", "keys", "system"];

export default function Settings() {
  const t = useT();
  const [part, setPart] = useState<Part>("general");
  return (
    <div className="panel settings">
      <Tabs<Part>
        label={t("shell.panel.settings")}
        tabs={PARTS.map((id) => ({ id, label: t(`settings.${id}`) }))}
        value={part}
        onChange={setPart}
      >
        {part === "general" && <GeneralSettings />}
        {part === "keys" && <KeySettings />}
        {part === "system" && <SystemInfo />}
      </Tabs>
    </div>
  );
}
