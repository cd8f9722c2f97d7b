/** Made-up jobs, models and workflows, for looking at the panels without a server. */

import type {
  JobView,
  ModelView,
  OutputView,
  PluginView,
  Revision,
  SystemView,
  Template,
  WorkflowView,
} from "../src/api/types";
import { Catalogue, type InputSpec, type NodeSpec } from "../src/document/catalogue";
import { EMPTY, type Workflow } from "../src/document/workflow";

const NOW = Date.now() / 1000;

/** A picture of two colours, as a file's address. */
export function picture(hue: number): string {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 128;
  const pen = canvas.getContext("2d");
  if (!pen) return "";
  pen.fillStyle = `hsl(${hue} 45% 35%)`;
  pen.fillRect(0, 0, 128, 128);
  pen.fillStyle = `hsl(${hue + 60} 60% 65%)`;
  pen.beginPath();
  pen.arc(48 + (hue % 40), 64, 30, 0, 7);
  pen.fill();
  return canvas.toDataURL();
}

function output(index: number, hue: number): OutputView {
  const thumbnail = picture(hue);
  return {
    node: "save",
    index,
    name: `picture_${index}.png`,
    mime: "image/png",
    width: 512,
    height: 512,
    preview: false,
    url: thumbnail,
    thumbnail,
    item: {},
  };
}

function job(id: string, rest: Partial<JobView>): JobView {
  return {
    id,
    state: "done",
    label: "Text to image",
    priority: 0,
    created: NOW - 600,
    attempts: 1,
    nodes: {},
    outputs: [],
    last_event: 1,
    ...rest,
  };
}

export const JOBS: readonly JobView[] = [
  job("run-1", { state: "running", started: NOW - 47, created: NOW - 50 }),
  job("run-2", {
    state: "running",
    started: NOW - 3,
    label: "A grid of seeds, four by four, at night",
  }),
  job("wait-1", { state: "queued", position: 0, created: NOW - 40 }),
  job("wait-2", {
    state: "queued",
    position: 1,
    created: NOW - 300,
    label: "Portrait with a very long name that does not fit on one line",
  }),
  job("wait-3", { state: "queued", position: 2, created: NOW - 7200, label: "Upscale" }),
  ...[20, 110, 200].map((hue, index) =>
    job(`done-${index}`, {
      created: NOW - 900 * (index + 1),
      started: NOW - 900 * (index + 1),
      finished: NOW - 900 * (index + 1) + 12.4 * (index + 1),
      outputs: [output(0, hue), ...(index === 1 ? [output(1, 90), output(2, 300)] : [])],
      label: index === 2 ? "Samplers side by side, all of them" : "Text to image",
    }),
  ),
  job("failed-1", {
    state: "failed",
    created: NOW - 5000,
    started: NOW - 5000,
    finished: NOW - 4998,
    error: {
      kind: "node_failed",
      message: "CUDA out of memory: tried to allocate 2.3 GB with 1.1 GB free",
      node: "sample",
      traceback:
        'Traceback (most recent call last):\n  File "sample.py", line 41, in run\n    step()\nMemoryError',
    },
  }),
  job("cancelled-1", { state: "cancelled", created: NOW - 90_000, finished: NOW - 89_900 }),
  job("gone-1", {
    state: "quarantined",
    label: null,
    created: NOW - 190_000,
    finished: NOW - 189_900,
    error: { kind: "worker_died", message: "the worker ended three times while it ran this job" },
  }),
  job("old-1", {
    created: NOW - 900_000,
    started: NOW - 900_000,
    finished: NOW - 899_000,
    outputs: [output(0, 260)],
  }),
];

export const MODELS: readonly ModelView[] = [
  {
    folder: "checkpoints",
    name: "starter-unet.safetensors",
    bytes: 25_113_838,
    title: "Stable Diffusion 1.x",
    family: "sd1",
    thumbnail: "/thumb/40",
  },
  {
    folder: "checkpoints",
    name: "some/folder/a-model-with-a-very-long-file-name-v2.1.safetensors",
    bytes: 6_940_000_000,
    title: "Stable Diffusion XL",
    family: "sdxl",
  },
  {
    folder: "checkpoints",
    name: "broken.safetensors",
    bytes: 812,
    error: "the header is cut off: expected 24,000 bytes, found 804",
  },
  { folder: "vae", name: "vae-ft-mse.safetensors", bytes: 334_000_000, title: "VAE" },
];

export const WORKFLOWS: readonly WorkflowView[] = [
  ["Portrait", 12, 60, "/thumb/10"],
  ["Landscape at night, with a long name that needs cutting", 41, 9000, "/thumb/220"],
  ["Upscale", 5, 400_000, null],
].map(([name, nodes, ago, thumbnail]) => ({
  name: name as string,
  nodes: nodes as number,
  revision: 4,
  saved: NOW - (ago as number),
  created: NOW - 900_000,
  parameters: [],
  thumbnail: thumbnail as string | null,
}));

export const TEMPLATES: readonly Template[] = [
  ["text-to-image", "Text to image", "A prompt becomes a picture.", 7],
  [
    "text-to-image-separate",
    "Text to image, step by step",
    "The same picture with its parts on nodes of their own: noise, guider, sampler and sigmas.",
    11,
  ],
  ["seed-grid", "A grid of seeds", "One prompt with several seeds, side by side.", 8],
].map(([name, title, description, nodes], index) => ({
  name: name as string,
  title: title as string,
  description: description as string,
  nodes: nodes as number,
  thumbnail: index === 2 ? null : `/thumb/${index * 90}`,
}));

export const REVISIONS: readonly Revision[] = (
  [
    [7, 200],
    [6, 4000],
    [5, 90_000],
    [4, 900_000],
  ] as const
).map(([revision, ago], index) => ({
  revision,
  sha256: "",
  saved: NOW - ago,
  bytes: 2447 + revision,
  nodes: 7,
  message: index === 1 ? "Larger pictures, and a second prompt for the background" : null,
}));

export const SYSTEM: SystemView = {
  versions: { python: "3.11.7", weft: "0.1.0", torch: "2.13.0+cu130", diffusers: "0.42.1" },
  uptime: 93_000,
  paused: "paused by a person",
  queue: {},
  workers: [{ name: "worker-0", device: "cuda:0", state: "ready", jobs: [], restarts: 0 }],
  devices: [
    { name: "cuda:0", title: "NVIDIA GeForce RTX 4090", used: true, total: 24e9, free: 9e9 },
    { name: "cuda:1", title: "NVIDIA GeForce RTX 4090", used: false, total: 24e9 },
  ],
  memory: { total: 25e9, available: 20e9, resident: 2.1e9 },
  disk: { total: 270e9, free: 81e9 },
  cache: {
    device: { values: 3, bytes: 5e9, budget: 12e9 },
    host: { values: 29, bytes: 1.9e9, budget: 2e9 },
    disk: { values: 0, bytes: 0, budget: 4e9 },
  },
  clients: 1,
};

export const PLUGINS: readonly PluginView[] = [
  { name: "weft", distribution: "weft", version: "0.1.0", state: "ok", nodes: 54 },
  {
    name: "weft-faces",
    distribution: "weft-faces",
    version: "2.0.1",
    state: "failed",
    nodes: 0,
    error: "ModuleNotFoundError: No module named 'insightface'",
  },
];

function input(name: string, schema: InputSpec["schema"] = {}): InputSpec {
  return { name, kind: "any", schema, required: false, default: null, nullable: true, help: "" };
}

function spec(id: string, title: string, inputs: readonly string[], outputs: readonly string[]) {
  const made: NodeSpec = {
    id: `weft:${id}`,
    version: 1,
    title,
    help: "",
    inputs: inputs.map((one) =>
      input(one, one === "file" ? { type: "string", "x-folder": "checkpoints" } : {}),
    ),
    outputs: outputs.map((name) => ({ name, kind: "any" })),
    extra: null,
    eager: null,
    distribution: "weft",
  };
  return made;
}

export const CATALOGUE = new Catalogue(
  [
    spec("model.load_checkpoint", "Load checkpoint", ["file"], ["model", "text_encoder", "vae"]),
    spec("text.encode", "Encode text", ["text", "text_encoder"], ["conditioning"]),
    spec("latent.empty", "Empty latent", ["model", "width"], ["latent"]),
    spec(
      "latent.sample",
      "Sample",
      ["model", "positive", "negative", "latent", "steps"],
      ["latent"],
    ),
    spec("latent.decode", "Decode", ["latent", "vae"], ["image"]),
    spec("image.save", "Save image", ["image", "prefix"], ["image"]),
  ],
  [],
);

function node(type: string, links: Record<string, string> = {}, values = {}, title?: string) {
  return { type, version: 1, values, links, ...(title ? { title } : {}) };
}

const NODES = {
  checkpoint: node("model.load_checkpoint", {}, { file: "starter-unet.safetensors" }, "Model"),
  positive: node(
    "text.encode",
    { text_encoder: "checkpoint.text_encoder" },
    { text: "a large red circle left of a small blue star" },
    "Prompt",
  ),
  negative: node(
    "text.encode",
    { text_encoder: "checkpoint.text_encoder" },
    { text: "" },
    "Negative prompt",
  ),
  empty: node("latent.empty", { model: "checkpoint.model" }),
  sample: node(
    "latent.sample",
    {
      model: "checkpoint.model",
      positive: "positive.conditioning",
      negative: "negative.conditioning",
      latent: "empty.latent",
    },
    { steps: 20, seed: 7 },
  ),
  decode: node("latent.decode", { latent: "sample.latent", vae: "checkpoint.vae" }),
  save: node("image.save", { image: "decode.image" }, { prefix: "picture" }),
  faces: node("faces.restore", {}, {}),
};

export const WORKFLOW: Workflow = {
  ...EMPTY,
  nodes: NODES,
  parameters: { seed: "sample.seed" },
};

/** As somebody else left it. */
export const THEIRS: Workflow = change(WORKFLOW, {
  sample: { ...NODES.sample, values: { steps: 30, seed: 8 } },
  positive: {
    ...NODES.positive,
    values: {
      text: "a castle on a hill, evening light, wide angle, in the style of an old postcard with faded colours",
    },
  },
  faces: undefined,
  sharpen: node("image.save", { image: "decode.image" }, {}, "A second picture"),
});

/** As it is here. */
export const MINE: Workflow = change(WORKFLOW, {
  sample: { ...NODES.sample, values: { steps: 12, seed: 7 } },
  negative: { ...NODES.negative, values: { text: "blurry" }, mode: "mute" },
});

function change(
  workflow: Workflow,
  nodes: Readonly<Record<string, Workflow["nodes"][string] | undefined>>,
): Workflow {
  const entries = Object.entries({ ...workflow.nodes, ...nodes });
  return {
    ...workflow,
    nodes: Object.fromEntries(entries.filter(([, one]) => one !== undefined)) as Workflow["nodes"],
  };
}
