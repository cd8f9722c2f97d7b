/** A made-up catalogue and workflow, for looking at search, inspector and form without a server. */

import type { JobView, OutputView, PluginView } from "../src/api/types";
import { readWorkflow } from "../src/document/canonical";
import { Catalogue, type InputSpec, type NodeSpec, type Schema } from "../src/document/catalogue";
import { Float } from "../src/document/json";

type Rest = Partial<InputSpec>;

function input(name: string, kind: string, schema: Schema, rest: Rest = {}): InputSpec {
  return {
    name,
    kind,
    schema,
    required: false,
    default: null,
    nullable: false,
    help: "",
    ...rest,
  };
}

function socket(name: string, help = "", required = true): InputSpec {
  return input(name, name, {}, { required, help });
}

const POSITIVE = input(
  "positive",
  "conditioning",
  {},
  {
    required: true,
    help: "what the picture should show.",
  },
);
const NEGATIVE = input(
  "negative",
  "conditioning",
  {},
  {
    nullable: true,
    help: "what the picture should not show; needed where guidance is above 1.",
  },
);

function spec(
  id: string,
  title: string,
  help: string,
  inputs: readonly InputSpec[],
  outputs: readonly string[],
  distribution = "weft",
): NodeSpec {
  return {
    id: id.includes(":") ? id : `weft:${id}`,
    version: 1,
    title,
    help,
    inputs,
    outputs: outputs.map((one) => ({ name: one.replace(/[^a-z_]/g, "_"), kind: one })),
    extra: null,
    eager: null,
    distribution,
  };
}

const whole = (minimum: number, maximum: number, widget = "number"): Schema => ({
  type: "integer",
  minimum,
  maximum,
  "x-widget": widget,
});

const NODES: readonly NodeSpec[] = [
  spec(
    "model.load_checkpoint",
    "Load checkpoint",
    "Load a model, its text encoder and its VAE from one checkpoint.\n\nfile: the checkpoint.",
    [
      input(
        "file",
        "str",
        { type: "string", "x-widget": "files", "x-folder": "checkpoints" },
        { required: true, help: "the checkpoint." },
      ),
    ],
    ["model", "text_encoder", "vae"],
  ),
  spec(
    "text.encode",
    "Encode",
    "Encode a prompt.\n\ntext: what to draw.",
    [
      socket("text_encoder"),
      input(
        "text",
        "str",
        { type: "string", "x-widget": "textarea" },
        { default: "", help: "what to draw." },
      ),
    ],
    ["conditioning"],
  ),
  spec(
    "latent.empty",
    "Empty",
    "An empty latent, to start a picture from nothing.",
    [
      socket("model", "the model it is for."),
      input("width", "int", whole(0, 8192), {
        default: 0,
        help: "in pixels; 0 for the model's own.",
      }),
      input("height", "int", whole(0, 8192), {
        default: 0,
        help: "in pixels; 0 for the model's own.",
      }),
      input("batch", "int", whole(1, 64), { default: 1, help: "how many pictures." }),
    ],
    ["latent"],
  ),
  spec(
    "latent.sample",
    "Sample",
    "Denoise a latent: noise, schedule, sampler and guidance in one node.",
    [
      socket("model", "the model that denoises."),
      POSITIVE,
      socket("latent", "the picture to start from; an empty one to start from nothing."),
      NEGATIVE,
      input("seed", "int", whole(0, 2 ** 53, "seed"), {
        default: 0,
        help: "which noise; sample i of a batch gets the noise of seed + i.",
      }),
      input("steps", "int", whole(1, 1000), { default: 20, help: "number of steps." }),
      input(
        "guidance",
        "float",
        { type: "number", minimum: 1, maximum: 30, "x-step": 0.5, "x-widget": "slider" },
        { default: 7.5, help: "how strongly the prompt counts; 1 is no guidance." },
      ),
      input(
        "sampler",
        "str",
        { type: "string", enum: ["euler", "euler_ancestral", "ddim", "dpmpp_2m"] },
        { default: "euler", help: "how noise is removed." },
      ),
      input(
        "denoise",
        "float",
        {
          type: "number",
          minimum: 0.01,
          maximum: 1,
          "x-step": 0.01,
          "x-widget": "slider",
          "x-advanced": true,
        },
        { default: new Float(1), help: "how much of the picture to remake; 1 remakes all of it." },
      ),
    ],
    ["latent"],
  ),
  spec(
    "latent.decode",
    "Decode",
    "Decode latents to pictures.",
    [socket("latent"), socket("vae")],
    ["image"],
  ),
  spec(
    "latent.encode",
    "Encode",
    "Encode pictures as latents, always alike: the mean of the VAE's posterior.",
    [socket("image"), socket("vae")],
    ["latent"],
  ),
  spec(
    "image.save",
    "Save image",
    "Save pictures to the output folder, numbered, never over a file that is there.",
    [
      socket("image"),
      input(
        "prefix",
        "str",
        { type: "string", "x-widget": "text" },
        { default: "weft", help: "what the files' names begin with." },
      ),
    ],
    [],
  ),
  spec(
    "image.load",
    "Load image",
    "Load a picture from a PNG, JPEG, WebP, GIF, BMP or TIFF file.",
    [
      input(
        "path",
        "str",
        { type: "string", "x-widget": "path", "x-path": true },
        { required: true },
      ),
    ],
    ["image", "mask"],
  ),
  spec(
    "image.resize",
    "Resize image",
    "Resize pictures.\n\nBicubic, with antialiasing, and no sharper than it was.",
    [socket("image"), input("width", "int", whole(1, 8192), { default: 512 })],
    ["image"],
  ),
  spec(
    "flow.reroute",
    "Reroute",
    "Pass a value on unchanged: a corner for a link.",
    [input("value", "$T", {}, { required: true })],
    ["$T"],
  ),
  spec(
    "list.item",
    "List item",
    "Take one value from a list.",
    [input("items", "list[$T]", {}, { required: true })],
    ["$T"],
  ),
  spec(
    "number.compare",
    "Compare numbers",
    "Compare two numbers, exactly.",
    [input("a", "float", { type: "number" }), input("b", "float", { type: "number" })],
    ["bool"],
  ),
  spec(
    "acme:image.glow",
    "Glow",
    "Let bright parts of a picture shine.",
    [socket("image")],
    ["image"],
    "acme-nodes",
  ),
];

export const CATALOGUE = new Catalogue(NODES, [], { weft: "0.1.0", "acme-nodes": "1.2.0" });

export const PLUGINS: readonly PluginView[] = [
  { name: "weft", distribution: "weft", version: "0.1.0", state: "ok", nodes: 12 },
  { name: "acme", distribution: "acme-nodes", version: "1.2.0", state: "ok", nodes: 1 },
  {
    name: "stale",
    distribution: "stale-nodes",
    version: "0.3.1",
    state: "failed",
    nodes: 0,
    error: "ModuleNotFoundError: No module named 'oldlib'\n  File \"stale/nodes.py\", line 3",
  },
];

export const WORKFLOW = readWorkflow(`{
  "weft": 1,
  "nodes": {
    "checkpoint": {"type": "model.load_checkpoint", "version": 1, "title": "Model",
      "values": {"file": "starter-unet.safetensors"}},
    "decode": {"type": "latent.decode", "version": 1,
      "links": {"latent": "sample.latent", "vae": "checkpoint.vae"}},
    "empty": {"type": "latent.empty", "version": 1, "values": {"batch": 1},
      "links": {"model": "checkpoint.model"}},
    "negative": {"type": "text.encode", "version": 1, "title": "Negative prompt",
      "links": {"text_encoder": "checkpoint.text_encoder"}},
    "positive": {"type": "text.encode", "version": 1, "title": "Prompt",
      "values": {"text": "a large red circle left of a small blue star on a white background"},
      "links": {"text_encoder": "checkpoint.text_encoder"}},
    "sample": {"type": "latent.sample", "version": 1,
      "values": {"guidance": 4.0, "sampler": "dpmpp_2m", "seed": 7, "steps": 20},
      "links": {"latent": "empty.latent", "model": "checkpoint.model",
        "negative": "negative.conditioning", "positive": "positive.conditioning"}},
    "finish": {"type": "subgraph:finish", "version": 1, "values": {"width": 1024},
      "links": {"image": "decode.image"}},
    "save": {"type": "image.save", "version": 1, "values": {"prefix": "text-to-image"},
      "links": {"image": "finish.image"}}
  },
  "parameters": {"batch": "empty.batch", "guidance": "sample.guidance", "model": "checkpoint.file",
    "negative": "negative.text", "prompt": "positive.text", "sampler": "sample.sampler",
    "seed": "sample.seed", "steps": "sample.steps", "width": ["empty.width", "empty.height"]},
  "requires": {"weft": ">=0.1"},
  "subgraphs": {
    "finish": {
      "nodes": {
        "resize": {"type": "image.resize", "version": 1},
        "glow": {"type": "acme:image.glow", "version": 1, "links": {"image": "resize.image"}}
      },
      "inputs": {"image": "resize.image", "width": "resize.width"},
      "outputs": {"image": "glow.image"},
      "view": {"nodes": {"resize": [40, 40], "glow": [360, 40]}}
    }
  },
  "view": {
    "description": "A prompt becomes a picture.",
    "title": "Text to image",
    "nodes": {"checkpoint": [40, 40], "decode": [1000, 40], "empty": [360, 420],
      "negative": [360, 230], "positive": [360, 40], "sample": [680, 40], "finish": [1320, 40],
      "save": [1640, 40]},
    "notes": [{"id": "note", "box": [680, 460, 300, 300], "text": "# How to use it\\n\\n1. Write a **prompt**\\n2. Press \`Run\`\\n\\n> More steps are *slower*.\\n\\n- [x] try the [docs](https://example.org/docs)\\n- [ ] then your own"},
      {"id": "note_2", "box": [1000, 460, 240, 100], "text": ""}]
  }
}`);

/** The same with much that is wrong. */
export const BROKEN = readWorkflow(`{
  "weft": 1,
  "nodes": {
    "sample": {"type": "latent.sample", "version": 1,
      "values": {"steps": 0, "sampler": "eulr", "eta": 1},
      "links": {"latent": "decode.image"}},
    "decode": {"type": "latent.decode", "version": 1, "links": {"latent": "gone.latent"}},
    "upscale": {"type": "fancy:image.super_upscale", "version": 2, "values": {"factor": 4, "model": "big"},
      "links": {"image": "decode.image"}}
  },
  "parameters": {"seed": "sampler.seed", "steps": "sample.steps"},
  "requires": {"weft": ">=0.1", "fancy-nodes": ">=2.0", "acme-nodes": ">=3"},
  "view": {"nodes": {"sample": [360, 40], "decode": [40, 40], "upscale": [680, 40]}}
}`);

/** A picture of two colours, as a file's address. */
export function picture(hue: number, size = 512): string {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const pen = canvas.getContext("2d");
  if (!pen) return "";
  pen.fillStyle = `hsl(${hue} 45% 35%)`;
  pen.fillRect(0, 0, size, size);
  pen.fillStyle = `hsl(${hue + 60} 60% 65%)`;
  pen.beginPath();
  pen.arc(size * 0.4, size / 2, size / 4, 0, 7);
  pen.fill();
  return canvas.toDataURL("image/webp");
}

function output(index: number, hue: number): OutputView {
  return {
    node: "save",
    index,
    name: `text-to-image_${index}.png`,
    mime: "image/png",
    width: 512,
    height: 512,
    preview: false,
    url: picture(hue),
    thumbnail: picture(hue, 128),
    item: {},
  };
}

export function job(id: string, minutes: number, hues: readonly number[]): JobView {
  const created = Date.now() / 1000 - minutes * 60;
  return {
    id,
    state: "done",
    label: "Text to image",
    priority: 0,
    created,
    started: created,
    finished: created + 3,
    attempts: 1,
    nodes: {
      checkpoint: { state: "cached", seconds: 0 },
      sample: { state: "ran", seconds: 1.83 },
      decode: { state: "ran", seconds: 0.08 },
      save: { state: "ran", seconds: 0.12 },
    },
    outputs: hues.map((hue, index) => output(index, hue)),
    last_event: 1,
  };
}
