/** The workflows that ship with the server, to begin with. */

import { useEffect, useState } from "react";
import { useStore } from "zustand";
import { useT } from "../i18n";
import { library, loadTemplates } from "../state/library";
import { attempt } from "./attempt";
import { Button } from "./ui/Button";
import { EmptyState } from "./ui/EmptyState";
import { Spinner } from "./ui/Spinner";
import { Thumb } from "./ui/Thumb";
import { openTemplate } from "./workflows";
import "./panel.css";
import "./templates.css";

export default function Templates() {
  const t = useT();
  const templates = useStore(library, (state) => state.templates);
  const [failed, setFailed] = useState(false);
  const load = () => void attempt(loadTemplates).then((done) => setFailed(!done));
  useEffect(load, []);
  if (templates === null && failed)
    return (
      <EmptyState icon="error" text={t("panels.templates.failed")}>
        <Button icon="retry" onClick={load}>
          {t("panels.again")}
        </Button>
      </EmptyState>
    );
  if (templates === null) return <Spinner label={t("panels.loading")} />;
  if (templates.length === 0)
    return (
      <EmptyState
        icon="templates"
        text={t("panels.templates.empty")}
        hint={t("panels.templates.empty.hint")}
      />
    );
  return (
    <ul className="templates">
      {templates.map((one) => (
        <li key={one.name}>
          <button type="button" className="template" onClick={() => void openTemplate(one)}>
            <Thumb src={one.thumbnail} icon="templates" />
            <span className="template-text">
              <span className="template-title">{one.title}</span>
              <span className="template-about">{one.description}</span>
              <span className="template-nodes">{t("panels.nodes", { count: one.nodes })}</span>
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}
