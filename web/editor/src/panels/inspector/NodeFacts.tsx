/** Everything about the chosen node. */

import { useStore } from "zustand";
import { perform } from "../../app/actions";
import { shortId } from "../../document/catalogue";
import * as commands from "../../document/commands";
import { colourClass } from "../../document/kinds";
import { type NodeSockets, socketsOf } from "../../document/sockets";
import { subgraphOf } from "../../document/workflow";
import { t as say, useT } from "../../i18n";
import { useScope, useWorkflow } from "../../state/hooks";
import { useNodeNews } from "../../state/node_runs";
import { runWorkflow } from "../../state/running";
import { server } from "../../state/server";
import { enterSubgraph, run, sealStep, select } from "../../state/tabs";
import { NameField } from "../NameField";
import { problemsAt, problemText, useProblems } from "../problems";
import { paragraphs } from "../search/help";
import { Badge } from "../ui/Badge";
import { Button } from "../ui/Button";
import { Segments } from "../ui/Segments";
import { CopyLine } from "./CopyLine";
import { InputItem, type Shown } from "./InputItem";
import { LastRun } from "./LastRun";
import { Outputs } from "./Outputs";
import { Section } from "./Section";

export function NodeFacts({ id }: { readonly id: string }) {
  const t = useT();
  const workflow = useWorkflow();
  const scope = useScope();
  const catalogue = useStore(server, (state) => state.catalogue);
  const problems = problemsAt(useProblems(), scope, id);
  const failed = useNodeNews(id).run?.state === "failed";
  const node = (scope === null ? workflow : workflow.subgraphs[scope])?.nodes[id];
  if (!node) return null;
  const shown: Shown = { workflow, scope, catalogue, id, node };
  const sockets = socketsOf(workflow, scope, id, catalogue);
  const inputs = sockets.inputs.filter((one) => !one.free);
  const names = inputs.map((one) => one.name);
  const general = problems.filter(
    (one) =>
      // What the last run says stands there.
      !(failed && "by" in one && one.by === "run") &&
      (one.input === undefined || !names.includes(one.input)),
  );
  const install = problems.map((one) => ("install" in one ? one.install : undefined)).find(Boolean);
  return (
    <div className="inspector">
      <Head shown={shown} sockets={sockets} />
      {general.map((one) => (
        <p key={`${one.path} ${problemText(one)}`} className="inspector-message is-wide">
          {problemText(one)}
        </p>
      ))}
      {install && (
        <div className="inspector-install">
          <CopyLine text={install} />
        </div>
      )}
      <LastRun id={id} title={sockets.title} />
      {inputs.length > 0 && (
        <Section title={t("search.inputs")}>
          <ul className="inspector-list">
            {inputs.map((one) => (
              <InputItem
                key={one.name}
                shown={shown}
                input={one}
                problems={problems.filter((problem) => problem.input === one.name)}
              />
            ))}
          </ul>
        </Section>
      )}
      <Outputs shown={shown} outputs={sockets.outputs} />
    </div>
  );
}

function Head({ shown, sockets }: { readonly shown: Shown; readonly sockets: NodeSockets }) {
  const t = useT();
  const { scope, id, node } = shown;
  const { spec } = sockets;
  const kind = colourClass(sockets.outputs[0]?.kind ?? sockets.inputs[0]?.kind ?? "any");
  const used = subgraphOf(node.type);
  return (
    <header className="inspector-head">
      <div className="inspector-title">
        <span className={`inspector-mark kind-${kind}`} aria-hidden="true" />
        <input
          className="text-input"
          aria-label={t("inspector.title")}
          value={node.title ?? ""}
          placeholder={spec?.title || used || node.type}
          onChange={(event) => run(commands.setTitle(scope, id, event.target.value || null))}
          onBlur={sealStep}
        />
      </div>
      <dl className="inspector-facts">
        <dt>{t("inspector.type")}</dt>
        <dd>
          <code>{shortId(node.type)}</code>
          {!sockets.known && <Badge tone="warn">{t("canvas.missing")}</Badge>}
        </dd>
        <Plugin shown={shown} sockets={sockets} />
        <dt>{t("inspector.id")}</dt>
        <dd>
          <Id shown={shown} />
        </dd>
        <dt>{t("inspector.mode")}</dt>
        <dd>
          <Segments
            label={t("inspector.mode")}
            value={node.mode ?? "run"}
            options={[
              { id: "run", label: t("inspector.mode.run") },
              { id: "mute", label: t("inspector.mode.mute") },
              { id: "bypass", label: t("inspector.mode.bypass") },
            ]}
            onChange={(mode) => {
              run(commands.setMode(scope, [id], mode === "run" ? null : mode));
              sealStep();
            }}
          />
        </dd>
      </dl>
      {paragraphs(spec?.help ?? "", spec?.inputs.map((one) => one.name) ?? []).map((one) => (
        <p key={one} className="inspector-prose">
          {one}
        </p>
      ))}
      <div className="inspector-actions">
        {scope === null && (
          <Button icon="run" onClick={() => void runWorkflow([id])}>
            {t("action.run.here")}
          </Button>
        )}
        {used !== null && sockets.known && (
          <>
            <Button icon="chevron-right" onClick={() => enterSubgraph(used, id)}>
              {t("action.graph.enter")}
            </Button>
            <Button icon="layout" onClick={() => perform("graph.expand")}>
              {t("action.graph.expand")}
            </Button>
          </>
        )}
      </div>
    </header>
  );
}

/** Where the type comes from, and which version of it the node was made with. */
function Plugin({ shown, sockets }: { readonly shown: Shown; readonly sockets: NodeSockets }) {
  const t = useT();
  const { node, catalogue } = shown;
  const { spec } = sockets;
  if (!spec) return null;
  const plugin = spec.distribution;
  const installed = Object.hasOwn(catalogue.versions, plugin) ? catalogue.versions[plugin] : "";
  return (
    <>
      <dt>{t("inspector.plugin")}</dt>
      <dd>
        {`${plugin} ${installed}`.trim()}
        <span className="inspector-version">
          {node.version === spec.version
            ? t("inspector.version", { version: node.version })
            : t("inspector.version.other", { version: node.version, here: spec.version })}
        </span>
      </dd>
    </>
  );
}

function Id({ shown }: { readonly shown: Shown }) {
  const t = useT();
  const { workflow, scope, id } = shown;
  const check = (to: string) => {
    const problem = commands.nameProblem(workflow, scope, to);
    return problem && say(`document.name.${problem}`);
  };
  const rename = (to: string) => {
    run(commands.renameNode(scope, id, to));
    sealStep();
    select([to]);
  };
  return <NameField label={t("inspector.id")} value={id} check={check} onRename={rename} />;
}
