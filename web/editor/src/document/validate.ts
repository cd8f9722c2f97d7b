/** What is wrong with a workflow, as far as it can be told at once. It agrees with the engine. */

import { bodyProblems } from "./bodies";
import { type Catalogue, shortId } from "./catalogue";
import { checkFlat } from "./check";
import { Flat } from "./flat";
import { type Found, type Problem, pathOf } from "./problems";
import { closest } from "./suggest";
import { isSpecifier, satisfies } from "./versions";
import { subgraphOf, targetsOf, type Workflow } from "./workflow";

export type { Problem, ProblemCode } from "./problems";

const MAX_PROBLEMS = 1000;
const kept = new WeakMap<Workflow, { catalogue: Catalogue; problems: readonly Problem[] }>();

/** Every problem of a workflow. Kept for as long as both are the same. */
export function problemsOf(w: Workflow, catalogue: Catalogue): readonly Problem[] {
  const known = kept.get(w);
  if (known?.catalogue === catalogue) return known.problems;
  const problems = allProblems(w, catalogue);
  kept.set(w, { catalogue, problems });
  return problems;
}

function allProblems(w: Workflow, catalogue: Catalogue): readonly Problem[] {
  const install = missingLine(w, catalogue);
  const suggest = (type: string) => suggestType(catalogue, type);
  const flat = Flat.of(w.nodes, w.subgraphs);
  const graph = checkFlat(flat, catalogue, suggest);
  const found = [
    ...requirementProblems(w, catalogue),
    ...flat.problems,
    ...bodyProblems(graph, w.subgraphs, catalogue, suggest),
    ...parameterProblems(w, catalogue),
  ];
  // A subgraph that is used twice has what is wrong inside it once.
  const problems = new Map<string, Problem>();
  for (const one of found) {
    const problem = written(one, install);
    problems.set(JSON.stringify([problem.path, problem.code, problem.params]), problem);
    if (problems.size >= MAX_PROBLEMS) break;
  }
  return [...problems.values()];
}

function written(one: Found, install: string | null): Problem {
  const { field: _, ...rest } = one;
  const bringing = one.code === "unknownType" && install !== null ? { install } : {};
  return { ...rest, ...bringing, path: pathOf(one) };
}

// --- types --------------------------------------------------------------------------------------

const guesses = new WeakMap<Catalogue, Map<string, string | null>>();

/** The type most like an unknown one. */
function suggestType(catalogue: Catalogue, type: string): string | null {
  const known = guesses.get(catalogue) ?? new Map<string, string | null>();
  guesses.set(catalogue, known);
  let guess = known.get(type);
  if (guess === undefined) {
    const names = [...catalogue.nodes.keys()].map(shortId);
    // People remember the name and forget the group: `load_checkpoint`.
    const tail = (name: string) => name.slice(name.lastIndexOf(".") + 1);
    guess =
      closest(shortId(type), names) ?? names.find((name) => tail(name) === tail(type)) ?? null;
    known.set(type, guess);
  }
  return guess;
}

// --- requirements -------------------------------------------------------------------------------

const SAFE = /^[A-Za-z0-9][A-Za-z0-9._-]*[A-Za-z0-9.*+!=<>~,_ -]*$/;

/** The line that brings distributions; null where a file tries to make more than that of it. */
function installLine(all: readonly (readonly [name: string, wanted: string])[]): string | null {
  const quoted = all.map((one) => one.join("")).filter((one) => SAFE.test(one));
  return quoted.length > 0 ? `pip install ${quoted.map((one) => `'${one}'`).join(" ")}` : null;
}

/** The line that brings all distributions that are not here, or null. */
function missingLine(w: Workflow, catalogue: Catalogue): string | null {
  const isMissing = (name: string) => catalogue.versionOf(name) === undefined;
  return installLine(
    Object.entries(w.requires).filter(([name, wanted]) => isMissing(name) && isSpecifier(wanted)),
  );
}

function requirementProblems(w: Workflow, catalogue: Catalogue): readonly Found[] {
  const found: Found[] = [];
  for (const [name, wanted] of Object.entries(w.requires)) {
    const base = { scope: null, path: `requires.${name}` };
    const have = catalogue.versionOf(name);
    const line = installLine([[name, wanted]]);
    const install = line === null ? {} : { install: line };
    if (!isSpecifier(wanted))
      found.push({ ...base, code: "specifier", params: { name, got: wanted } });
    else if (have === undefined)
      found.push({ ...base, code: "notInstalled", params: { name }, ...install });
    else if (!satisfies(have, wanted)) {
      const params = { name, expected: wanted, got: have };
      found.push({ ...base, code: "otherVersion", params, ...install });
    }
  }
  return found;
}

// --- parameters ---------------------------------------------------------------------------------

function parameterProblems(w: Workflow, catalogue: Catalogue): readonly Found[] {
  const found: Found[] = [];
  for (const [name, target] of Object.entries(w.parameters))
    for (const text of targetsOf(target)) {
      const problem = targetProblem(w, catalogue, name, text);
      if (problem) found.push(problem);
    }
  return found;
}

function targetProblem(
  w: Workflow,
  catalogue: Catalogue,
  name: string,
  text: string,
): Found | null {
  const dot = text.indexOf(".");
  const id = dot < 0 ? text : text.slice(0, dot);
  const base = { scope: null, path: `parameters.${name}` };
  if (dot < 0 || !(id in w.nodes)) {
    const suggestion = closest(id, Object.keys(w.nodes));
    const params = { name, got: text };
    return { ...base, code: "parameterTarget", params, ...(suggestion ? { suggestion } : {}) };
  }
  const input = text.slice(dot + 1);
  const known = inputNames(w, catalogue, id);
  if (known === null || known.includes(input)) return null;
  const suggestion = closest(input, known);
  const params = { name, node: id, input, expected: known.join(", ") };
  return { ...base, code: "parameterInput", params, ...(suggestion ? { suggestion } : {}) };
}

/** The inputs that a node is known to have; null where it may have any. */
function inputNames(w: Workflow, catalogue: Catalogue, id: string): readonly string[] | null {
  const node = w.nodes[id];
  if (!node) return null;
  const used = subgraphOf(node.type);
  if (used !== null) {
    const inner = w.subgraphs[used];
    return inner ? Object.keys(inner.inputs) : null;
  }
  const spec = catalogue.get(node.type);
  // Unknown, free, or named as an older version named it.
  if (!spec || spec.extra !== null || node.version < spec.version) return null;
  return spec.inputs.map((one) => one.name);
}
