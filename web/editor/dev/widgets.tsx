/** Every field in both sizes, for looking at. Not part of the build. */

import { useState } from "react";
import { createRoot } from "react-dom/client";
import type { InputSpec, Schema } from "../src/document/catalogue";
import { Float, type Json } from "../src/document/json";
import { type Language, setLanguage } from "../src/i18n";
import type { FieldEnvironment, SeedMode, WidgetModule } from "../src/widgets/contract";
import { Field, FieldLabel } from "../src/widgets/Field";
import { isTall } from "../src/widgets/pick";
import { ScheduleCurve } from "../src/widgets/ScheduleCurve";

const query = new URLSearchParams(location.search);
const theme = query.get("theme") === "light" ? "light" : "dark";
document.documentElement.dataset.theme = theme;
await setLanguage((query.get("language") ?? "en") as Language);

interface Example {
  readonly spec: InputSpec;
  readonly value?: Json;
  readonly invalid?: string;
  readonly disabled?: boolean;
  readonly type?: string;
}

function example(
  name: string,
  kind: string,
  schema: Schema,
  rest: Partial<Example> & Partial<InputSpec> = {},
): Example {
  const { value, invalid, disabled, type, ...spec } = rest;
  return {
    spec: {
      name,
      kind,
      schema,
      required: false,
      default: null,
      nullable: false,
      help: "",
      ...spec,
    },
    ...(value === undefined ? {} : { value }),
    ...(invalid ? { invalid } : {}),
    ...(disabled ? { disabled } : {}),
    ...(type ? { type } : {}),
  };
}

const SAMPLERS = [
  "euler",
  "euler_ancestral",
  "ddpm",
  "ddim",
  "dpm_2",
  "dpm_2_ancestral",
  "pndm",
  "dpmpp_2m",
  "heun",
  "lms",
];
const EXAMPLES: readonly Example[] = [
  example(
    "steps",
    "int",
    { type: "integer", minimum: 1, maximum: 1000, "x-widget": "number" },
    { value: 20 },
  ),
  example(
    "width",
    "int",
    { type: "integer", minimum: 0, maximum: 16384, "x-step": 8 },
    { default: 512 },
  ),
  example(
    "guidance",
    "float",
    { type: "number", minimum: 1, maximum: 30, "x-step": 0.5, "x-widget": "slider" },
    { value: 7.5 },
  ),
  example(
    "denoise",
    "float",
    { type: "number", minimum: 0, maximum: 1, "x-step": 0.01, "x-widget": "slider" },
    { default: new Float(1) },
  ),
  example(
    "s_noise",
    "float",
    { type: "number", minimum: 0, maximum: 2, "x-step": 0.01 },
    { nullable: true },
  ),
  example(
    "eta",
    "float",
    { type: "number", minimum: 0, maximum: 1, "x-widget": "slider" },
    { nullable: true, value: 0.35 },
  ),
  example(
    "seed",
    "int",
    {
      type: "integer",
      minimum: 0,
      maximum: 18446744073709551615n as unknown as number,
      "x-widget": "seed",
    },
    { value: 18446744073709551615n },
  ),
  example(
    "prefix",
    "str",
    { type: "string", maxLength: 400, "x-widget": "text" },
    { default: "weft" },
  ),
  example(
    "text",
    "str",
    { type: "string", maxLength: 100000, "x-widget": "textarea" },
    {
      type: "text.encode",
      value:
        "a large red circle above a small blue square, on a white ground, with soft light from the left",
    },
  ),
  example(
    "negative",
    "str",
    { type: "string", "x-widget": "textarea" },
    { type: "text.encode", default: "" },
  ),
  example("skip_empty", "bool", { type: "boolean" }, { value: true }),
  example("tiled", "bool", { type: "boolean" }, { default: false }),
  example(
    "schedule",
    "str",
    { type: "string", enum: ["linear", "logarithmic", "exponential", "karras"] },
    { default: "karras" },
  ),
  example("sampler", "str", { type: "string", enum: SAMPLERS }, { value: "dpmpp_2m" }),
  example(
    "file",
    "str",
    { type: "string", "x-widget": "files", "x-folder": "checkpoints" },
    { required: true, value: "starter-unet.safetensors" },
  ),
  example(
    "vae",
    "str",
    { type: "string", "x-widget": "files", "x-folder": "vae" },
    { required: true, value: "old/vanished-vae.safetensors" },
  ),
  example(
    "path",
    "str",
    { type: "string", "x-widget": "path", "x-path": true },
    { required: true, value: "portrait of a very long file name.png" },
  ),
  example(
    "other",
    "str",
    { type: "string", "x-widget": "path", "x-path": true },
    { required: true },
  ),
  example("body", "subgraph", { type: "string", "x-widget": "subgraph" }, { required: true }),
  example(
    "values",
    "list[float]",
    { type: "array", items: { type: "number" } },
    { value: [14.6, new Float(4), 0.03] },
  ),
  example(
    "labels",
    "list[str]",
    { type: "array", items: { type: "string" } },
    { value: ["a red circle", "a blue square"] },
  ),
  example("options", "dict", { type: "object" }, { value: { mode: "fast", levels: [1, 2, 3] } }),
  example(
    "curve",
    "list[float]",
    { type: "array", items: { type: "number" }, "x-widget": "acme/curve" },
    { value: [0.1, 0.5] },
  ),
  example("broken", "float", { type: "number", "x-widget": "acme/broken" }, { value: 0.5 }),
  example(
    "gap",
    "int",
    { type: "integer", minimum: 0, maximum: 1024 },
    { value: 4096, invalid: "expected at most 1024, got 4096" },
  ),
  example("locked", "int", { type: "integer" }, { value: 3, disabled: true }),
];

const MODELS = [
  "starter-unet.safetensors",
  "sd15/dreamlike-photoreal-2.0.safetensors",
  "broken.safetensors",
];
const DOT =
  "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////2wBDAf//////////////////////////////////////////////////////////////////////////////////////wAARCAABAAEDASIAAhEBAxEB/8QAFAABAAAAAAAAAAAAAAAAAAAAA//EABQQAQAAAAAAAAAAAAAAAAAAAAD/xAAUAQEAAAAAAAAAAAAAAAAAAAAA/8QAFBEBAAAAAAAAAAAAAAAAAAAAAP/aAAwDAQACEQMRAD8AR//Z";

const acme: WidgetModule = {
  contract: 1,
  render({ el, model, signal }) {
    const input = document.createElement("input");
    input.type = "range";
    input.max = "1";
    input.step = "0.01";
    input.setAttribute("aria-label", "first");
    const first = () => (model.get() as number[])[0] ?? 0;
    input.value = String(first());
    input.addEventListener("input", () => model.set([Number(input.value), 0.5]), { signal });
    input.addEventListener("change", () => model.commit(), { signal });
    model.subscribe(() => {
      input.value = String(first());
    });
    el.append(input);
  },
};

const pictures = `data:image/jpeg;base64,${DOT}`;

function environment(
  type: string,
  mode: SeedMode,
  setMode: (mode: SeedMode) => void,
): FieldEnvironment {
  return {
    node: { id: "node", type },
    theme,
    async choices(_, input) {
      if (input === "file" || input === "vae") return MODELS;
      return ["portrait of a very long file name.png", "sketch.png"];
    },
    async upload(file) {
      await new Promise((resolve) => setTimeout(resolve, 400));
      return { name: file.name, url: "", thumbnail: null };
    },
    uploadUrl: (name) => name,
    uploadThumbnail: () => pictures,
    subgraphs: () => ["upscale", "face detail"],
    modelInfo: (_, name) =>
      name.startsWith("starter")
        ? { family: "Starter", title: "Starter UNet", bytes: 92_300_000, thumbnail: pictures }
        : name.startsWith("broken")
          ? { error: "not a safetensors file", bytes: 12 }
          : { family: "SD 1.5", bytes: 2_132_625_894 },
    paintMask: () => undefined,
    view: () => undefined,
    seedMode: mode,
    onSeedMode: setMode,
    widget: async (name) => {
      if (name === "acme/broken") throw new Error("the module answered 404");
      return acme;
    },
  };
}

function One({ one, compact }: { readonly one: Example; readonly compact: boolean }) {
  const [value, setValue] = useState(one.value);
  const [mode, setMode] = useState<SeedMode>("random");
  const props = {
    ...one,
    id: `${compact ? "c" : "r"}-${one.spec.name}`,
    label: one.spec.name,
    value,
    compact,
    env: environment(one.type ?? "acme:thing", mode, setMode),
    onChange: (next: Json | undefined) => setValue(next),
    onCommit: () => undefined,
  };
  const tall = isTall(one.spec);
  return (
    <div className={compact ? `bench-row ${tall ? "is-tall" : ""}` : "bench-item"}>
      <FieldLabel {...props} className="bench-label">
        {one.spec.name}
      </FieldLabel>
      <Field {...props} />
    </div>
  );
}

function Bench() {
  const half = Math.ceil(EXAMPLES.length / 2);
  const sigmas = Array.from({ length: 21 }, (_, i) =>
    i === 20 ? 0 : (14.6 ** (1 / 7) + (i / 19) * (0.03 ** (1 / 7) - 14.6 ** (1 / 7))) ** 7,
  );
  return (
    <main className="bench">
      {[EXAMPLES.slice(0, half), EXAMPLES.slice(half)].map((some, index) => (
        <div key={String(index)} className="bench-node">
          {some.map((one) => (
            <One key={one.spec.name} one={one} compact />
          ))}
          {index === 0 && <ScheduleCurve points={sigmas} label="karras" />}
        </div>
      ))}
      {[EXAMPLES.slice(0, half), EXAMPLES.slice(half)].map((some, index) => (
        <div key={String(index)} className="bench-panel">
          {some.map((one) => (
            <One key={one.spec.name} one={one} compact={false} />
          ))}
        </div>
      ))}
    </main>
  );
}

createRoot(document.getElementById("root") as HTMLElement).render(<Bench />);
