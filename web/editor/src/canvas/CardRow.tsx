/** One row of a node: an input with its field, an output, or both. */

import { memo } from "react";
import { useFieldEnvironment } from "../app/environment";
import * as commands from "../document/commands";
import { ROW, type Row } from "../document/geometry";
import { type Json, writeJson } from "../document/json";
import { inputOf, outputOf, type Socket } from "../document/sockets";
import { useT } from "../i18n";
import { problemText } from "../panels/problems";
import { run, sealStep } from "../state/tabs";
import { Field, FieldLabel } from "../widgets/Field";
import type { Card } from "./model";
import { SocketButton } from "./Socket";

interface Props {
  readonly card: Card;
  readonly row: Row;
}

export const CardRow = memo(function CardRow({ card, row }: Props) {
  const input = row.input === null ? undefined : inputOf(card.sockets, row.input);
  const output = row.output === null ? undefined : outputOf(card.sockets, row.output);
  const textarea = input?.schema["x-widget"] === "textarea" && row.height > ROW;
  return (
    <div
      className={textarea ? "card-row is-tall" : "card-row"}
      style={{ top: row.y, height: row.height }}
    >
      {input && <InputRow card={card} input={input} paired={output !== undefined} />}
      {output && <OutputRow card={card} output={output} />}
    </div>
  );
});

function OutputRow({ card, output }: { card: Card; output: Socket }) {
  const used = card.used.includes(output.name);
  return (
    <>
      <span className="card-output">{output.name}</span>
      <SocketButton
        node={card.id}
        side="out"
        socket={output}
        connected={used ? "…" : ""}
        needed={false}
        y={0}
      />
    </>
  );
}

function InputRow({ card, input, paired }: { card: Card; input: Socket; paired: boolean }) {
  const t = useT();
  const { node, id } = card;
  const source = card.sources[input.name];
  const linked = input.name in node.links;
  const given = input.name in node.values;
  const field = !linked && (input.literal || given);
  const exposed = card.exposed.includes(input.name);
  const needed = input.required && !linked && !given && !exposed;
  const label = input.free ? "+" : input.name;
  const tip = input.help ? `${input.name}: ${input.help}` : input.name;
  return (
    <>
      <SocketButton
        node={id}
        side="in"
        socket={input}
        connected={linked ? (source ?? "?") : ""}
        needed={needed}
        y={0}
      />
      {field && input.literal ? (
        <FieldLabel
          className="card-label"
          title={tip}
          id={`${id}-${input.name}`}
          spec={input}
          value={node.values[input.name]}
          onChange={(value) => setInput(card, input.name, value)}
          onCommit={sealStep}
        >
          {label}
        </FieldLabel>
      ) : (
        <span className="card-label" title={tip}>
          {label}
        </span>
      )}
      {linked && !paired && (
        <span className="card-source">{t("canvas.from", { source: source ?? "?" })}</span>
      )}
      {exposed && !input.literal && !paired && (
        <span className="card-source">{t("canvas.exposed")}</span>
      )}
      {needed && !input.literal && <span className="card-needed">{t("canvas.needed")}</span>}
      {field && input.literal && <InputField card={card} input={input} />}
      {field && !input.literal && (
        <code className="card-value" title={writeJson(node.values[input.name] ?? null)}>
          {writeJson(node.values[input.name] ?? null)}
        </code>
      )}
    </>
  );
}

function setInput({ scope, id }: Card, input: string, value: Json | undefined): void {
  run(
    value === undefined
      ? commands.clearValue(scope, id, input)
      : commands.setValue(scope, id, input, value),
  );
}

function InputField({ card, input }: { card: Card; input: Socket }) {
  const { id, scope, node } = card;
  const env = useFieldEnvironment(scope, { id, type: node.type }, input.name);
  const problem = card.problems.find((one) => one.input === input.name);
  return (
    <div className="card-field nodrag">
      <Field
        id={`${id}-${input.name}`}
        label={input.name}
        spec={input}
        value={node.values[input.name]}
        compact
        env={env}
        onChange={(value) => setInput(card, input.name, value)}
        onCommit={sealStep}
        {...(problem ? { invalid: problemText(problem) } : {})}
      />
    </div>
  );
}
