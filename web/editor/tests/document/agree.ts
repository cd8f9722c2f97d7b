/** Asked by the engine's tests, over standard input: what the editor makes of the same. */

import { readFileSync } from "node:fs";
import { readWorkflow, writeWorkflow } from "../../src/document/canonical";
import { Catalogue, type KindSpec, type NodeSpec } from "../../src/document/catalogue";
import { DocumentError, floatText, parseJson } from "../../src/document/json";
import { accepts, type Bindings, resolve } from "../../src/document/kinds";
import { closest } from "../../src/document/suggest";
import { problemsOf } from "../../src/document/validate";
import { isSpecifier, satisfies } from "../../src/document/versions";

interface Asked {
  /** As `GET /api/nodes` sends it. */
  readonly catalogue: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly documents: readonly string[];
  /** Links into one node each: the kinds of the inputs with those of what is linked to them. */
  readonly kinds: readonly (readonly (readonly [target: string, source: string])[])[];
  readonly specifiers: readonly (readonly [version: string, specifier: string])[];
  readonly names: readonly (readonly [name: string, known: readonly string[]])[];
  readonly floats: readonly number[];
}

const asked = JSON.parse(readFileSync(0, "utf8")) as Asked;
const data = parseJson(asked.catalogue) as unknown as { nodes: NodeSpec[]; kinds: KindSpec[] };
const catalogue = new Catalogue(data.nodes, data.kinds, asked.versions);

function answerTo(text: string) {
  try {
    const workflow = readWorkflow(text);
    const problems = problemsOf(workflow, catalogue).map(({ path, code, suggestion }) => [
      path,
      code,
      suggestion ?? null,
    ]);
    return { text: writeWorkflow(workflow), problems };
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    return { refused: error.problems.map((one) => one.path) };
  }
}

function follow(pairs: Asked["kinds"][number]) {
  const bindings: Bindings = new Map();
  const answers = pairs.map(([target, source]) => accepts(target, source, bindings));
  return [answers, pairs.map(([target]) => resolve(target, bindings))];
}

process.stdout.write(
  JSON.stringify({
    documents: asked.documents.map(answerTo),
    kinds: asked.kinds.map(follow),
    specifiers: asked.specifiers.map(([version, text]) =>
      isSpecifier(text) ? satisfies(version, text) : null,
    ),
    names: asked.names.map(([name, known]) => closest(name, known)),
    floats: asked.floats.map(floatText),
  }),
);
