/** What the chosen node gives, and who takes it. */

import { consumersOf } from "../../document/links";
import type { Socket } from "../../document/sockets";
import { graphIn } from "../../document/workflow";
import { useT } from "../../i18n";
import { goTo } from "../going";
import { KindMark } from "../KindMark";
import { NameField } from "../NameField";
import { IconButton } from "../ui/IconButton";
import { expose, exposedAs, hide, nameRefusal, rename } from "./exposing";
import type { Shown } from "./InputItem";
import { nodeName } from "./places";
import { Section } from "./Section";

interface Props {
  readonly shown: Shown;
  readonly outputs: readonly Socket[];
}

export function Outputs({ shown, outputs }: Props) {
  const t = useT();
  if (outputs.length === 0) return null;
  return (
    <Section title={t("search.outputs")}>
      <ul className="inspector-list">
        {outputs.map((one) => (
          <Output key={one.name} shown={shown} output={one} />
        ))}
      </ul>
    </Section>
  );
}

function Output({ shown, output }: { readonly shown: Shown; readonly output: Socket }) {
  const t = useT();
  const { workflow, scope, catalogue, id } = shown;
  const { name, kind } = output;
  const graph = graphIn(workflow, scope);
  const wires = (graph && consumersOf(graph).get(id)) ?? [];
  const takers = wires.filter((one) => one.from.socket === name).map((one) => one.to);
  const inner = { node: id, socket: name };
  const exposed = scope === null ? null : exposedAs(workflow, scope, "outputs", inner);
  return (
    <li className="inspector-input">
      <div className="inspector-input-head">
        <KindMark kind={kind} />
        <span className="inspector-input-name">{name}</span>
        <span className="inspector-kind">{kind}</span>
        {scope !== null && (
          <IconButton
            small
            icon="form"
            pressed={exposed !== null}
            label={t("inspector.expose.output", { name })}
            onClick={() =>
              exposed === null
                ? expose(workflow, scope, "outputs", inner)
                : hide(scope, "outputs", exposed)
            }
          />
        )}
      </div>
      {takers.map((to) => (
        <button
          key={`${to.node}.${to.socket}`}
          type="button"
          className="inspector-link"
          onClick={() => goTo(scope, to.node)}
        >
          {t("inspector.to", {
            place: `${nodeName(workflow, scope, to.node, catalogue)} · ${to.socket}`,
          })}
        </button>
      ))}
      {takers.length === 0 && exposed === null && (
        <p className="inspector-help">{t("inspector.unused")}</p>
      )}
      {exposed !== null && (
        <div className="inspector-exposed">
          <span>{t("inspector.as.output")}</span>
          <NameField
            label={`${t("inspector.as.output")} ${exposed}`}
            value={exposed}
            check={(to) => nameRefusal(workflow, scope, "outputs", to)}
            onRename={(to) => rename(scope, "outputs", exposed, to, catalogue)}
          />
        </div>
      )}
    </li>
  );
}
