import { type Json, sameJson, writeJson } from "../document/json";
import { ChoiceField } from "./ChoiceField";
import type { FieldProps } from "./contract";
import { effective } from "./control";
import { shownValue } from "./text";

/** One of the values that the schema lists. */
export function EnumField(props: FieldProps) {
  const { spec, onChange, onCommit } = props;
  const values = spec.schema.enum ?? [];
  const held = effective(props);
  const keyOf = (value: Json) => (typeof value === "string" ? value : writeJson(value));
  const known = values.find((one) => sameJson(one, held));
  return (
    <ChoiceField
      field={props}
      options={values.map((one) => ({ key: keyOf(one), label: shownValue(one) }))}
      current={held === null ? null : keyOf(known ?? held)}
      onPick={(key) => {
        const picked = values.find((one) => keyOf(one) === key);
        if (picked === undefined) return;
        onChange(picked);
        onCommit();
      }}
    />
  );
}

/** One of the workflow's subgraphs. */
export function SubgraphField(props: FieldProps) {
  const { env, onChange, onCommit } = props;
  const held = effective(props);
  return (
    <ChoiceField
      field={props}
      options={env.subgraphs().map((name) => ({ key: name, label: name }))}
      current={typeof held === "string" && held !== "" ? held : null}
      onPick={(key) => {
        onChange(key);
        onCommit();
      }}
    />
  );
}
