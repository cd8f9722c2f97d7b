/** What there is to say of the shown graph itself, while no node is chosen. */

import { useStore } from "zustand";
import { inOrder, type Listed } from "../../document/listed";
import { usesOf } from "../../document/subgraphs";
import { parseTarget, type Scope, targetsOf } from "../../document/workflow";
import { useT } from "../../i18n";
import { useGraph, useScope, useTab, useWorkflow } from "../../state/hooks";
import { server } from "../../state/server";
import { goTo, goToNote } from "../going";
import { parametersInOrder } from "../parameters";
import { useProblems } from "../problems";
import { hide, nameRefusal, namesIn, order, rename } from "./exposing";
import { NameList } from "./NameList";
import { ProblemList } from "./ProblemList";
import { nodeName, targetName } from "./places";
import { Requires } from "./Requires";
import { Section } from "./Section";

export function GraphFacts() {
  const t = useT();
  const scope = useScope();
  const tab = useTab();
  const all = useProblems();
  const problems = scope === null ? all : all.filter((one) => one.scope === scope);
  const { view, nodes } = useGraph();
  const description = typeof view.description === "string" ? view.description : "";
  return (
    <div className="inspector">
      <header className="inspector-head">
        <strong className="inspector-graph">{scope ?? tab.title}</strong>
        {description && <p className="inspector-prose">{description}</p>}
        <p className="inspector-help">
          {t("shell.status.nodes", { count: Object.keys(nodes).length })}
        </p>
      </header>
      {problems.length > 0 && (
        <Section title={t("inspector.problems")} count={problems.length}>
          <ProblemList problems={problems} />
        </Section>
      )}
      {scope === null ? (
        <>
          <Names scope={scope} listed="parameters" />
          <Requires />
        </>
      ) : (
        <>
          <Names scope={scope} listed="inputs" />
          <Names scope={scope} listed="outputs" />
          <Uses name={scope} />
        </>
      )}
      <Notes />
    </div>
  );
}

const TITLES = {
  parameters: "inspector.parameters",
  inputs: "search.inputs",
  outputs: "search.outputs",
} as const;
const HINTS = {
  parameters: "inspector.parameters.none",
  inputs: "inspector.inputs.none",
  outputs: "inspector.outputs.none",
} as const;

function Names({ scope, listed }: { readonly scope: Scope; readonly listed: Listed }) {
  const t = useT();
  const workflow = useWorkflow();
  const { view } = useGraph();
  const catalogue = useStore(server, (state) => state.catalogue);
  const given = namesIn(workflow, scope, listed);
  const names =
    listed === "parameters"
      ? parametersInOrder(workflow, catalogue)
      : inOrder(view, listed, Object.keys(given));
  const list = names.map((name) => ({
    name,
    places: targetsOf(given[name] ?? []).map((target) => ({
      text: targetName(workflow, scope, target, catalogue),
      go: () => goTo(scope, parseTarget(target)?.node),
    })),
  }));
  return (
    <Section title={t(TITLES[listed])} count={list.length || undefined}>
      {list.length === 0 ? (
        <p className="inspector-help">{t(HINTS[listed])}</p>
      ) : (
        <NameList
          label={t(TITLES[listed])}
          list={list}
          check={(to) => nameRefusal(workflow, scope, listed, to)}
          onRename={(name, to) => rename(scope, listed, name, to, catalogue)}
          onOrder={(wanted) => order(scope, listed, wanted)}
          onRemove={(name) => hide(scope, listed, name)}
        />
      )}
    </Section>
  );
}

/** Where the shown subgraph is used. */
function Uses({ name }: { readonly name: string }) {
  const t = useT();
  const workflow = useWorkflow();
  const catalogue = useStore(server, (state) => state.catalogue);
  const uses = usesOf(workflow, name, catalogue);
  return (
    <Section title={t("inspector.uses")} count={uses.length}>
      {uses.length === 0 && <p className="inspector-help">{t("inspector.uses.none")}</p>}
      <ul className="inspector-list">
        {uses.map(({ scope, node, input }) => (
          <li key={`${scope ?? ""} ${node} ${input ?? ""}`}>
            <button type="button" className="inspector-link" onClick={() => goTo(scope, node)}>
              {[scope, nodeName(workflow, scope, node, catalogue), input]
                .filter((part) => part != null)
                .join(" · ")}
            </button>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Notes() {
  const t = useT();
  const scope = useScope();
  const notes = useGraph().view.notes ?? [];
  if (notes.length === 0) return null;
  return (
    <Section title={t("inspector.notes")} count={notes.length}>
      <ul className="inspector-list">
        {notes.map((note) => (
          <li key={note.id}>
            <button type="button" className="inspector-link" onClick={() => goToNote(scope, note)}>
              {firstWords(note.text) || t("note.empty")}
            </button>
          </li>
        ))}
      </ul>
    </Section>
  );
}

/** The first line of a note, without the signs of Markdown before it. */
function firstWords(text: string): string {
  const line = text.split("\n").find((one) => one.trim() !== "") ?? "";
  return line.replace(/^[\s#>*-]+/, "").slice(0, 80);
}
