/** A small catalogue in the manner of the built-in nodes, and short ways to make documents. */

import { readWorkflow } from "../../src/document/canonical";
import {
  Catalogue,
  type InputSpec,
  type NodeSpec,
  type Schema,
} from "../../src/document/catalogue";
import type { Json } from "../../src/document/json";
import type { Workflow } from "../../src/document/workflow";

const SCHEMAS: Readonly<Record<string, Schema>> = {
  int: { type: "integer", minimum: 0, maximum: 1000 },
  float: { type: "number", minimum: 0, maximum: 30 },
  bool: { type: "boolean" },
  str: { type: "string", maxLength: 100, "x-widget": "textarea" },
  subgraph: { type: "string", "x-widget": "subgraph" },
  "int|float": { anyOf: [{ type: "integer" }, { type: "number" }] },
};

/** "kind" is required, "kind?" is optional, "kind=default" has one. */
function input(name: string, text: string): InputSpec {
  const [, kind = "", optional, given] = /^([^?=]+)(\?)?(?:=(.*))?$/.exec(text) ?? [];
  return {
    name,
    kind,
    schema: SCHEMAS[kind] ?? {},
    required: !optional && given === undefined,
    default: given === undefined ? null : (JSON.parse(given) as Json),
    nullable: optional !== undefined,
    help: "",
  };
}

function spec(
  id: string,
  inputs: Readonly<Record<string, string>>,
  outputs: Readonly<Record<string, string>>,
  rest: Partial<NodeSpec> = {},
): NodeSpec {
  return {
    id: `weft:${id}`,
    version: 1,
    title: "",
    help: "",
    inputs: Object.entries(inputs).map(([name, kind]) => input(name, kind)),
    outputs: Object.entries(outputs).map(([name, kind]) => ({ name, kind })),
    extra: null,
    eager: null,
    distribution: "weft",
    ...rest,
  };
}

export const SPECS: readonly NodeSpec[] = [
  spec(
    "model.load_checkpoint",
    { file: "str" },
    { model: "model", text_encoder: "text_encoder", vae: "vae" },
    { help: "Load a model, its text encoder and its VAE from one checkpoint." },
  ),
  spec(
    "text.encode",
    { text_encoder: "text_encoder", text: 'str=""' },
    { conditioning: "conditioning" },
  ),
  spec(
    "latent.empty",
    { model: "model", width: "int=0", height: "int=0", batch: "int=1" },
    { latent: "latent" },
  ),
  spec(
    "latent.sample",
    {
      model: "model",
      positive: "conditioning",
      latent: "latent",
      negative: "conditioning?",
      seed: "int=0",
      steps: "int=20",
      guidance: "float=4",
    },
    { latent: "latent" },
    { version: 2 },
  ),
  spec("latent.decode", { vae: "vae", latent: "latent" }, { image: "image" }),
  spec("latent.encode", { vae: "vae", image: "image" }, { latent: "latent" }),
  spec("image.resize", { image: "image", width: "int=512", height: "int=512" }, { image: "image" }),
  spec("image.load", { path: "str" }, { image: "image", mask: "mask" }),
  spec("image.grid", { images: "list[image]|image", columns: "int?" }, { image: "image" }),
  spec("image.save", { image: "image", prefix: 'str="weft"' }, {}),
  spec("image.size", { image: "image" }, { width: "int", height: "int", batch: "int" }),
  spec("flow.reroute", { value: "$T" }, { value: "$T" }),
  spec("flow.switch", { condition: "bool", on_true: "$T?", on_false: "$T?" }, { value: "$T" }),
  spec(
    "flow.for_each",
    { items: "list[any]", body: "subgraph" },
    { value: "list[any]" },
    { extra: "any" },
  ),
  spec("list.make", {}, { value: "list[$T]" }, { extra: "$T" }),
  spec("list.item", { items: "list[$T]", index: "int=0" }, { value: "$T" }),
  spec("number.calculate", { a: "int|float", b: "int|float=1" }, { value: "int|float" }),
  spec("primitive.int", { value: "int=0" }, { value: "int" }),
  spec("primitive.float", { value: "float=0" }, { value: "float" }),
  spec("primitive.text", { value: 'str=""' }, { value: "str" }, { title: "Text" }),
  spec(
    "sampling.options",
    Object.fromEntries(Array.from({ length: 12 }, (_, n) => [`option${n}`, "int=0"])),
    { sampler: "sampler" },
  ),
  {
    ...spec("x", { image: "image", amount: "float=1" }, { image: "image" }),
    id: "acme:image.glow",
    distribution: "acme-nodes",
    title: "Glow",
  },
];

export const CATALOGUE = new Catalogue(SPECS, [], { weft: "0.1.0", "acme-nodes": "1.4" });

/** A document of JSON data. */
export function workflow(data: object): Workflow {
  return readWorkflow(JSON.stringify({ weft: 1, ...data }));
}

/** Text to image: the workflow that most tests change. */
export const TEXT_TO_IMAGE = {
  nodes: {
    checkpoint: { type: "model.load_checkpoint", values: { file: "starter.safetensors" } },
    positive: {
      type: "text.encode",
      values: { text: "a red circle" },
      links: { text_encoder: "checkpoint.text_encoder" },
    },
    empty: { type: "latent.empty", links: { model: "checkpoint.model" } },
    sample: {
      type: "latent.sample",
      version: 2,
      values: { steps: 20, seed: 7 },
      links: {
        model: "checkpoint.model",
        positive: "positive.conditioning",
        latent: "empty.latent",
      },
    },
    decode: { type: "latent.decode", links: { vae: "checkpoint.vae", latent: "sample.latent" } },
    save: { type: "image.save", links: { image: "decode.image" } },
  },
  parameters: { prompt: "positive.text", seed: "sample.seed" },
  view: {
    groups: [],
    nodes: {
      checkpoint: [40, 40],
      positive: [360, 40],
      empty: [360, 280],
      sample: [680, 40],
      decode: [1000, 40],
      save: [1320, 40],
    },
  },
};
