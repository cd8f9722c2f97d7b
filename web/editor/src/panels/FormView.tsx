/** The workflow as a form of its parameters: for people who only want to press Run. */

import { useStore } from "zustand";
import { parseTarget, targetsOf } from "../document/workflow";
import { useT } from "../i18n";
import { useTab, useWorkflow } from "../state/hooks";
import { server } from "../state/server";
import { ui } from "../state/ui";
import { FormField } from "./form/FormField";
import { Pictures } from "./form/Pictures";
import { RunBar } from "./form/RunBar";
import { parametersInOrder } from "./parameters";
import { type NodeProblem, useProblems } from "./problems";
import { Button } from "./ui/Button";
import { EmptyState } from "./ui/EmptyState";
import "./form_view.css";

export default function FormView() {
  const t = useT();
  const workflow = useWorkflow();
  const { title } = useTab();
  const catalogue = useStore(server, (state) => state.catalogue);
  const names = parametersInOrder(workflow, catalogue);
  const { title: given, description } = workflow.view;
  return (
    <div className="form-view">
      <Pictures />
      <section className="form-side" aria-label={t("shell.form")}>
        <header className="form-head">
          <h1>{typeof given === "string" && given ? given : title}</h1>
          <Button look="quiet" icon="workflows" onClick={openEditor}>
            {t("form.editor")}
          </Button>
          {typeof description === "string" && <p className="form-help">{description}</p>}
        </header>
        <div className="form-fields">
          {names.length === 0 && (
            <EmptyState icon="form" text={t("form.empty")} hint={t("form.empty.hint")}>
              <Button onClick={openEditor}>{t("form.editor")}</Button>
            </EmptyState>
          )}
          {names.map((name) => (
            <FormField key={name} name={name} />
          ))}
          <Elsewhere names={names} />
        </div>
        <RunBar />
      </section>
    </div>
  );
}

function openEditor(): void {
  ui.setState({ form: false });
}

/** Problems that no field of the form shows. */
function Elsewhere({ names }: { readonly names: readonly string[] }) {
  const t = useT();
  const { parameters } = useWorkflow();
  const targets = names.flatMap((name) => targetsOf(parameters[name] ?? [])).map(parseTarget);
  const isShown = ({ scope, node, input }: NodeProblem) =>
    scope === null && targets.some((one) => one?.node === node && one?.socket === input);
  const others = useProblems().filter((one) => !isShown(one) && !("by" in one && one.by === "run"));
  if (others.length === 0) return null;
  return (
    <p className="form-warning">
      {t("form.problems", { count: others.length })}{" "}
      <Button onClick={() => ui.setState({ form: false, inspector: true })}>
        {t("form.editor")}
      </Button>
    </p>
  );
}
