import { useId } from "react";
import { useStore } from "zustand";
import { useFieldEnvironment } from "../../app/environment";
import type { Json } from "../../document/json";
import { parseLink } from "../../document/workflow";
import { useT } from "../../i18n";
import { useWorkflow } from "../../state/hooks";
import { server } from "../../state/server";
import { run, sealStep } from "../../state/tabs";
import { Field, FieldLabel } from "../../widgets/Field";
import { nodeName } from "../inspector/places";
import { problemsAt, problemText, useProblems } from "../problems";
import { labelOf, type Parameter, parameterIn, setting } from "./parameter";

/** The field of one parameter. */
export function FormField({ name }: { readonly name: string }) {
  const t = useT();
  const workflow = useWorkflow();
  const catalogue = useStore(server, (state) => state.catalogue);
  const parameter = parameterIn(workflow, name, catalogue);
  if (parameter) return <Shown parameter={parameter} />;
  return (
    <div className="form-field">
      <span className="form-label">{labelOf(name)}</span>
      <p className="form-warning">{t("form.gone")}</p>
    </div>
  );
}

function Shown({ parameter }: { readonly parameter: Parameter }) {
  const t = useT();
  const id = useId();
  const { name, targets, first, node, input } = parameter;
  const env = useFieldEnvironment(null, { id: first.node, type: node.type }, first.socket);
  const problems = useProblems();
  const [problem] = targets.flatMap((one) => problemsAt(problems, null, one.node, one.socket));
  const label = labelOf(name);
  const value = node.values[first.socket];
  const change = (next: Json | undefined) => {
    for (const command of setting(targets, next)) run(command);
  };
  const field = { id, spec: input, value, onChange: change, onCommit: sealStep };
  const linked = first.socket in node.links;
  const editable = !linked && (input.literal || value !== undefined);
  return (
    <div className="form-field">
      {editable ? (
        <FieldLabel {...field} className="form-label">
          {label}
        </FieldLabel>
      ) : (
        <span className="form-label">{label}</span>
      )}
      {input.help && <p className="form-help">{input.help}</p>}
      {editable && (
        <Field
          {...field}
          label={label}
          compact={false}
          env={env}
          {...(problem ? { invalid: problemText(problem) } : {})}
        />
      )}
      {linked && <Source text={node.links[first.socket] ?? ""} />}
      {!editable && !linked && <p className="form-warning">{t("form.needs.link")}</p>}
    </div>
  );
}

/** A link sets it, so a person cannot. */
function Source({ text }: { readonly text: string }) {
  const t = useT();
  const workflow = useWorkflow();
  const catalogue = useStore(server, (state) => state.catalogue);
  const from = parseLink(text);
  const source = from ? nodeName(workflow, null, from.node, catalogue) : text;
  return <p className="form-help">{t("canvas.from", { source })}</p>;
}
