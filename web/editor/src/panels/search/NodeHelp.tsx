/** All that is known of a node type before it is used. */

import { useStore } from "zustand";
import { inputSpec } from "../../document/catalogue";
import { socketsOfType } from "../../document/passage";
import { useT } from "../../i18n";
import { useWorkflow } from "../../state/hooks";
import { server } from "../../state/server";
import { KindMark } from "../KindMark";
import { paragraphs } from "./help";
import "./node_help.css";

export function NodeHelp({ type }: { readonly type: string }) {
  const t = useT();
  const catalogue = useStore(server, (state) => state.catalogue);
  const workflow = useWorkflow();
  const spec = catalogue.get(type);
  const { inputs, outputs } = socketsOfType(workflow, catalogue, type);
  const names = inputs.map((one) => one.name);
  const told = inputs
    .filter((one) => !one.free)
    .map((one) => ({ ...one, help: (spec && inputSpec(spec, one.name)?.help) ?? one.help }));
  return (
    <div className="node-help">
      {paragraphs(spec?.help ?? "", names).map((one) => (
        <p key={one}>{one}</p>
      ))}
      <Sockets title={t("search.inputs")} list={told} />
      <Sockets title={t("search.outputs")} list={outputs} />
    </div>
  );
}

interface Told {
  readonly name: string;
  readonly kind: string;
  readonly help: string;
}

function Sockets({ title, list }: { readonly title: string; readonly list: readonly Told[] }) {
  if (list.length === 0) return null;
  return (
    <section>
      <h3>{title}</h3>
      <ul>
        {list.map((one) => (
          <li key={one.name}>
            <KindMark kind={one.kind} />
            <span>
              <strong>{one.name}</strong> <span className="node-help-kind">{one.kind}</span>{" "}
              {one.help}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
