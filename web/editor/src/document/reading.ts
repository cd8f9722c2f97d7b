/** From a file's data to a workflow: the fields that there are, and what is wrong with them. */

import { freeze } from "immer";
import { type BadCode, DocumentError, type DocumentProblem } from "./errors";
import { writeJson } from "./json";
import { closest } from "./suggest";
import { emptyRecord, isJsonArray, isJsonObject, type Json, type JsonObject } from "./value";
import type { Graph, NodeDocument, SubgraphDocument, View, Workflow } from "./workflow";

const WORKFLOW = ["weft", "nodes", "parameters", "requires", "subgraphs", "view"];
const SUBGRAPH = ["nodes", "inputs", "outputs", "view"];
const NODE = ["type", "version", "title", "mode", "values", "links"];
// biome-ignore lint/suspicious/noControlCharactersInRegex: the engine allows none in a name
const NAME = /^[^\p{White_Space}./:]([^./:\u0000-\u001f]*[^\p{White_Space}./:])?$/u;
const MAX_NAME = 200;
const GOT = 60;

type Checked<T> = (value: Json, path: string) => T | undefined;

/** The workflow that JSON data describes. Raises DocumentError with every problem. */
export function workflowOfData(data: Json, view: (data: JsonObject) => View | undefined): Workflow {
  const reader = new Reader(view);
  const made = reader.workflow(data);
  if (reader.problems.length > 0) throw new DocumentError(reader.problems);
  return freeze(made, true);
}

/** What is wrong with a name of a node, subgraph or parameter, or null. */
export function badName(name: string): "empty" | "characters" | "long" | null {
  if (name === "") return "empty";
  if (!NAME.test(name)) return "characters";
  return [...name].length > MAX_NAME ? "long" : null;
}

class Reader {
  readonly problems: DocumentProblem[] = [];

  constructor(private readonly view: (data: JsonObject) => View | undefined) {}

  workflow(data: Json): Workflow {
    const fields = this.fields(data, "", WORKFLOW);
    if ("weft" in fields && fields.weft !== 1)
      this.add("format", "weft", "unknown version of the file format", "1", fields.weft);
    return {
      weft: 1,
      ...this.graph(fields, ""),
      parameters: this.named(fields.parameters, "parameters", (one, path) =>
        this.target(one, path),
      ),
      requires: this.map(fields.requires, "requires", (one, path) => this.text(one, path)),
      subgraphs: this.named(fields.subgraphs, "subgraphs", (one, path) => this.subgraph(one, path)),
    };
  }

  private subgraph(data: Json, path: string): SubgraphDocument {
    const fields = this.fields(data, path, SUBGRAPH);
    const prefix = `${path}.`;
    return {
      ...this.graph(fields, prefix),
      inputs: this.map(fields.inputs, `${prefix}inputs`, (one, at) => this.target(one, at)),
      outputs: this.map(fields.outputs, `${prefix}outputs`, (one, at) => this.text(one, at)),
    };
  }

  private graph(fields: JsonObject, prefix: string): Graph {
    const view = fields.view === undefined ? {} : this.object(fields.view, `${prefix}view`);
    const made = this.view(view);
    if (made === undefined) this.add("object", `${prefix}view`, "wrong value", "a layout");
    return {
      nodes: this.named(fields.nodes, `${prefix}nodes`, (one, path) => this.node(one, path)),
      view: made ?? {},
    };
  }

  private node(data: Json, path: string): NodeDocument {
    const fields = this.fields(data, path, NODE);
    const { type, version = 1, title = null, mode = null } = fields;
    if (type !== undefined) this.length(this.text(type, `${path}.type`), `${path}.type`);
    else if (isJsonObject(data)) this.add("required", `${path}.type`, "is missing", "a node type");
    if (!(typeof version === "bigint" || Number.isInteger(version)) || Number(version) < 1)
      this.add("integer", `${path}.version`, "wrong value", "an integer of at least 1", version);
    if (title !== null) this.text(title, `${path}.title`);
    if (mode !== null && mode !== "mute" && mode !== "bypass")
      this.add("mode", `${path}.mode`, "wrong value", "'mute' or 'bypass'", mode);
    return {
      type: String(type),
      version: version as number,
      ...(title === null ? {} : { title: title as string }),
      ...(mode === null ? {} : { mode: mode as "mute" | "bypass" }),
      values: this.map(fields.values, `${path}.values`, (one) => one),
      links: this.map(fields.links, `${path}.links`, (one, at) => this.text(one, at)),
    };
  }

  private target(value: Json, path: string): string | readonly string[] | undefined {
    if (typeof value === "string") return value;
    if (isJsonArray(value) && value.every((one) => typeof one === "string")) return value;
    this.add("texts", path, "wrong value", "a text or a list of texts", value);
    return undefined;
  }

  private text(value: Json, path: string): string | undefined {
    if (typeof value === "string") return value;
    this.add("text", path, "wrong value", "a text", value);
    return undefined;
  }

  private length(text: string | undefined, path: string): void {
    const length = text === undefined ? 1 : [...text].length;
    if (length < 1 || length > MAX_NAME)
      this.add("length", path, "wrong value", `1 to ${MAX_NAME} characters`, text);
  }

  /** An object whose keys are names. */
  private named<T>(data: Json | undefined, path: string, check: Checked<T>): Record<string, T> {
    const made = this.map(data, path, check);
    for (const name of Object.keys(made)) {
      const bad = badName(name);
      if (bad === "long") this.length(name, `${path}.${name}`);
      else if (bad !== null)
        this.add(
          "name",
          `${path}.${name}`,
          "a name may hold no dot, slash, colon or line break",
          undefined,
          name,
        );
    }
    return made;
  }

  private map<T>(data: Json | undefined, path: string, check: Checked<T>): Record<string, T> {
    const made = emptyRecord<T>();
    const given = data === undefined ? {} : this.object(data, path);
    for (const key of Object.keys(given)) {
      const one = check(given[key] as Json, `${path}.${key}`);
      if (one !== undefined) made[key] = one;
    }
    return made;
  }

  private fields(data: Json, path: string, known: readonly string[]): JsonObject {
    const fields = this.object(data, path);
    for (const key of Object.keys(fields)) {
      if (known.includes(key)) continue;
      const at = path ? `${path}.${key}` : key;
      const expected = `one of ${known.join(", ")}`;
      this.add("field", at, "unknown field", expected, undefined, closest(key, known));
    }
    return fields;
  }

  private object(data: Json, path: string): JsonObject {
    if (isJsonObject(data)) return data;
    this.add("object", path, "wrong value", "an object", data);
    return {};
  }

  private add(
    code: BadCode,
    path: string,
    message: string,
    expected?: string,
    got?: Json,
    suggestion?: string | null,
  ): void {
    this.problems.push({
      code,
      path,
      message,
      ...(expected === undefined ? {} : { expected }),
      ...(got === undefined ? {} : { got: short(got) }),
      ...(suggestion ? { suggestion } : {}),
    });
  }
}

/** A value in few characters, for messages. */
export function short(value: Json, limit = GOT): string {
  const text = writeJson(value);
  return text.length <= limit ? text : `${text.slice(0, limit - 1)}…`;
}
