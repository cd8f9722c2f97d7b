/** Problems, each a button that goes to its place. */

import { useStore } from "zustand";
import type { Catalogue } from "../../document/catalogue";
import type { Workflow } from "../../document/workflow";
import { useT } from "../../i18n";
import { useWorkflow } from "../../state/hooks";
import { server } from "../../state/server";
import { goTo } from "../going";
import { type NodeProblem, problemText } from "../problems";
import { Icon } from "../ui/Icon";
import { CopyLine } from "./CopyLine";
import { nodeName } from "./places";

const MOST = 100;

export function ProblemList({ problems }: { readonly problems: readonly NodeProblem[] }) {
  const t = useT();
  const workflow = useWorkflow();
  const catalogue = useStore(server, (state) => state.catalogue);
  const installs = new Set<string>();
  const shown = problems.slice(0, MOST).map((problem, index) => {
    // Many nodes of one missing plugin need its line once.
    const line = "install" in problem ? problem.install : undefined;
    const install = line !== undefined && !installs.has(line) ? line : null;
    if (install) installs.add(install);
    return { problem, install, key: `${index} ${problem.path}` };
  });
  return (
    <ul className="inspector-problems">
      {shown.map(({ problem, install, key }) => (
        <li key={key}>
          <button type="button" onClick={() => goTo(problem.scope, problem.node)}>
            <Icon name={"by" in problem && problem.by === "run" ? "error" : "warning"} />
            <span>
              <span className="inspector-problem-place">
                {placeOf(problem, workflow, catalogue) || t("inspector.workflow")}
              </span>
              {problemText(problem)}
            </span>
          </button>
          {install && <CopyLine text={install} />}
        </li>
      ))}
      {problems.length > MOST && <li>{t("inspector.more", { count: problems.length - MOST })}</li>}
    </ul>
  );
}

function placeOf(problem: NodeProblem, workflow: Workflow, catalogue: Catalogue): string {
  const { scope, node, input } = problem;
  const title = node === undefined ? undefined : nodeName(workflow, scope, node, catalogue);
  return [scope, title, input].filter((part) => part != null).join(" · ");
}
