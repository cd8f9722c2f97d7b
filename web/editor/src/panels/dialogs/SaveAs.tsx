import { useEffect } from "react";
import { useT } from "../../i18n";
import { library, loadWorkflows } from "../../state/library";
import { saveTabAs } from "../../state/saving";
import { activeTab } from "../../state/tabs";
import { announce } from "../../state/ui";
import { asName, freeName } from "../names";
import { NameDialog } from "./NameDialog";

/** Save the shown workflow under a name. */
export default function SaveAs({ onClose }: { onClose(): void }) {
  const t = useT();
  const tab = activeTab();
  useEffect(() => void loadWorkflows().catch(() => undefined), []);
  if (!tab) return null;
  const names = library.getState().workflows?.map((one) => one.name) ?? [];
  const wanted = asName(tab.title) || t("shell.untitled");
  return (
    <NameDialog
      title={t("panels.save-as.title")}
      initial={freeName(wanted, tab.name === null ? names : [...names, tab.name])}
      does={t("panels.save")}
      onName={async (name) => {
        await saveTabAs(tab.id, name);
        announce(t("panels.said.saved", { name }));
        void loadWorkflows().catch(() => undefined);
      }}
      onClose={onClose}
    />
  );
}
