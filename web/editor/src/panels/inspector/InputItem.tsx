/** One input of the chosen node: its field or its source, what it means, and who else may set it. */

import { useId } from "react";
import { useFieldEnvironment } from "../../app/environment";
import type { Catalogue } from "../../document/catalogue";
import * as commands from "../../document/commands";
import type { Json } from "../../document/json";
import { short } from "../../document/reading";
import type { Socket } from "../../document/sockets";
import { type NodeDocument, parseLink, type Scope, type Workflow } from "../../document/workflow";
import { t as say, useT } from "../../i18n";
import { run, sealStep } from "../../state/tabs";
import { announce } from "../../state/ui";
import { Field, FieldLabel } from "../../widgets/Field";
import { goTo } from "../going";
import { KindMark } from "../KindMark";
import { NameField } from "../NameField";
import { type NodeProblem, problemText } from "../problems";
import { IconButton } from "../ui/IconButton";
import { expose, exposedAs, hide, nameRefusal, rename } from "./exposing";
import { nodeName } from "./places";

/** The node that the inspector shows, and where it stands. */
export interface Shown {
  readonly workflow: Workflow;
  readonly scope: Scope;
  readonly catalogue: Catalogue;
  readonly id: string;
  readonly node: NodeDocument;
}

interface Props {
  readonly shown: Shown;
  readonly input: Socket;
  readonly problems: readonly NodeProblem[];
}

export function InputItem({ shown, input, problems }: Props) {
  const t = useT();
  const id = useId();
  const { node, scope } = shown;
  const { name } = input;
  const value = node.values[name];
  const given = value !== undefined;
  const linked = name in node.links;
  const [first, ...others] = problems.map(problemText);
  const field = !linked && input.literal;
  const change = (next: Json | undefined) => run(changed(shown, name, next));
  const label = { id, spec: input, value, onChange: change, onCommit: sealStep };
  const reset = () => {
    run(commands.clearValue(scope, shown.id, name));
    sealStep();
  };
  return (
    <li className="inspector-input">
      <div className="inspector-input-head">
        <KindMark kind={input.kind} />
        {field ? (
          <FieldLabel {...label} className="inspector-input-name">
            {name}
          </FieldLabel>
        ) : (
          <span className="inspector-input-name">{name}</span>
        )}
        <span className="inspector-kind">{input.kind}</span>
        {given && field && !input.required && (
          <IconButton
            small
            icon="undo"
            label={t("inspector.reset", { name, value: short(input.default) })}
            onClick={reset}
          />
        )}
        <ExposeButton shown={shown} name={name} />
      </div>
      {linked && <Source shown={shown} name={name} />}
      {given && !field && (
        <div className="inspector-source">
          <code className="inspector-value">{short(value, 400)}</code>
          <IconButton
            small
            icon="close"
            label={t("inspector.value.remove", { name })}
            onClick={reset}
          />
        </div>
      )}
      {field && (
        <InputField
          {...{ shown, input, value, id }}
          onChange={change}
          {...(first === undefined ? {} : { invalid: first })}
        />
      )}
      {(field ? others : [first, ...others]).map(
        (text) =>
          text && (
            <p key={text} className="inspector-message">
              {text}
            </p>
          ),
      )}
      <p className="inspector-help">
        {input.help}{" "}
        {!input.required && input.literal && (
          <span className="inspector-default">
            {t("inspector.default", { value: short(input.default) })}
          </span>
        )}
      </p>
      <Exposed shown={shown} name={name} />
    </li>
  );
}

function changed({ scope, id }: Shown, name: string, value: Json | undefined) {
  return value === undefined
    ? commands.clearValue(scope, id, name)
    : commands.setValue(scope, id, name, value);
}

function InputField(props: {
  readonly shown: Shown;
  readonly input: Socket;
  readonly value: Json | undefined;
  readonly id: string;
  readonly invalid?: string;
  onChange(value: Json | undefined): void;
}) {
  const { shown, input, ...rest } = props;
  const { scope, id, node } = shown;
  const env = useFieldEnvironment(scope, { id, type: node.type }, input.name);
  return (
    <Field
      {...rest}
      label={input.name}
      spec={input}
      compact={false}
      env={env}
      onCommit={sealStep}
    />
  );
}

/** Where a linked input has its value from. */
function Source({ shown, name }: { readonly shown: Shown; readonly name: string }) {
  const t = useT();
  const { workflow, scope, catalogue, id, node } = shown;
  const text = node.links[name] ?? "";
  const from = parseLink(text);
  const title = from ? `${nodeName(workflow, scope, from.node, catalogue)} · ${from.socket}` : text;
  const disconnect = () => {
    run(commands.disconnect(scope, { node: id, socket: name }));
    sealStep();
    announce(say("canvas.said.disconnected", { to: name }));
  };
  return (
    <div className="inspector-source">
      <button
        type="button"
        className="inspector-link"
        onClick={() => from && goTo(scope, from.node)}
      >
        {t("canvas.from", { source: title })}
      </button>
      <IconButton
        small
        icon="unlink"
        label={t("inspector.disconnect", { name })}
        onClick={disconnect}
      />
    </div>
  );
}

function listedFor(scope: Scope) {
  return scope === null ? "parameters" : "inputs";
}

function ExposeButton({ shown, name }: { readonly shown: Shown; readonly name: string }) {
  const t = useT();
  const { workflow, scope, id } = shown;
  const inner = { node: id, socket: name };
  const listed = listedFor(scope);
  const exposed = exposedAs(workflow, scope, listed, inner);
  return (
    <IconButton
      small
      icon="form"
      pressed={exposed !== null}
      label={t(scope === null ? "inspector.expose.parameter" : "inspector.expose.input", { name })}
      onClick={() =>
        exposed === null ? expose(workflow, scope, listed, inner) : hide(scope, listed, exposed)
      }
    />
  );
}

/** The name under which the outside sets this input. */
function Exposed({ shown, name }: { readonly shown: Shown; readonly name: string }) {
  const t = useT();
  const { workflow, scope, id, catalogue } = shown;
  const listed = listedFor(scope);
  const exposed = exposedAs(workflow, scope, listed, { node: id, socket: name });
  if (exposed === null) return null;
  const label = t(scope === null ? "inspector.as.parameter" : "inspector.as.input");
  return (
    <div className="inspector-exposed">
      <span>{label}</span>
      <NameField
        label={`${label} ${exposed}`}
        value={exposed}
        check={(to) => nameRefusal(workflow, scope, listed, to)}
        onRename={(to) => rename(scope, listed, exposed, to, catalogue)}
      />
    </div>
  );
}
