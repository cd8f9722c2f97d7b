/** The distributions that the workflow's nodes come from, and how to get those that are missing. */

import { useStore } from "zustand";
import { useT } from "../../i18n";
import { useWorkflow } from "../../state/hooks";
import { server } from "../../state/server";
import { useProblems } from "../problems";
import { Icon } from "../ui/Icon";
import { CopyLine } from "./CopyLine";
import { Section } from "./Section";

export function Requires() {
  const t = useT();
  const { requires } = useWorkflow();
  const catalogue = useStore(server, (state) => state.catalogue);
  const problems = useProblems();
  const names = Object.keys(requires);
  if (names.length === 0) return null;
  return (
    <Section title={t("inspector.requires")}>
      <ul className="inspector-list">
        {names.map((name) => {
          const here = catalogue.versionOf(name);
          const problem = problems.find((one) => one.path === `requires.${name}`);
          const install = problem && "install" in problem ? problem.install : undefined;
          return (
            <li
              key={name}
              className={problem ? "inspector-require is-missing" : "inspector-require"}
            >
              <span>
                <Icon name={problem ? "warning" : "check"} />
                <span>
                  {name} {requires[name]}
                </span>
                <span className="inspector-kind">
                  {here === undefined
                    ? t("inspector.requires.missing")
                    : t("inspector.requires.here", { version: here })}
                </span>
              </span>
              {install && <CopyLine text={install} />}
            </li>
          );
        })}
      </ul>
    </Section>
  );
}
