/** The rows of an open node: sockets first, then fields, what folds, the preview and the foot. */

import {
  type Band,
  FOOT,
  HEADER,
  MARGIN,
  MESSAGE,
  type NodeSize,
  PADDING,
  ROW,
  type Row,
  type SizeExtras,
  type SocketPlace,
  TEXTAREA,
} from "./geometry";
import type { NodeSockets, Socket } from "./sockets";
import type { NodeDocument } from "./workflow";

const TALLEST_PREVIEW = 480;
/** So many optional fields are shown before the rest folds. */
const SHOWN_FIELDS = 8;
const LETTER = 7;
const PAIR_SPACE = 56;

/** Sockets first, inputs and outputs side by side where their names fit, then the fields. */
export function openSize(
  sockets: NodeSockets,
  node: NodeDocument,
  width: number,
  open: boolean,
  extras: SizeExtras,
): NodeSize {
  const page = new Page(node, extras);
  const plain = sockets.inputs.filter((one) => !one.literal);
  const fields = sockets.inputs.filter((one) => one.literal);
  const folding = foldable(fields, node);
  page.sockets(plain, sockets.outputs, width);
  for (const one of fields) if (!folding.has(one)) page.field(one, false);
  const more = folding.size > 0 ? page.more(folding, open) : null;
  page.space(PADDING);
  const preview = page.preview(width);
  const foot = extras.foot ? page.band(FOOT) : null;
  return {
    width,
    height: page.y,
    collapsed: false,
    rows: page.rows,
    more,
    preview,
    foot,
    sockets: page.places,
  };
}

/** The fields that fold: the advanced ones, and optional ones past the first few. */
function foldable(fields: readonly Socket[], node: NodeDocument): ReadonlySet<Socket> {
  const idle = fields.filter((one) => !one.required && !(one.name in node.links));
  const advanced = new Set(idle.filter((one) => one.advanced));
  const optional = idle.filter((one) => !one.advanced);
  // A fold that hides one field saves no room.
  if (optional.length > SHOWN_FIELDS + 1)
    for (const one of optional.slice(SHOWN_FIELDS)) advanced.add(one);
  return advanced;
}

/** The rows of a node as they are put one below the other. */
class Page {
  y = HEADER + PADDING;
  readonly rows: Row[] = [];
  readonly places: SocketPlace[] = [];

  constructor(
    private readonly node: NodeDocument,
    private readonly extras: SizeExtras,
  ) {}

  sockets(inputs: readonly Socket[], outputs: readonly Socket[], width: number): void {
    const fit = outputs.every(
      (one, index) =>
        (one.name.length + (inputs[index]?.name.length ?? 0)) * LETTER + PAIR_SPACE <= width,
    );
    if (!fit) for (const one of outputs) this.#row(null, one, false);
    const count = fit ? Math.max(inputs.length, outputs.length) : inputs.length;
    for (let index = 0; index < count; index++)
      this.#row(inputs[index] ?? null, (fit && outputs[index]) || null, false);
  }

  field(one: Socket, advanced: boolean): void {
    this.#row(one, null, advanced);
  }

  more(folding: ReadonlySet<Socket>, open: boolean): NodeSize["more"] {
    const band = this.band(ROW);
    for (const one of folding) {
      if (open) this.field(one, true);
      else this.places.push({ side: "in", name: one.name, y: band.y + ROW / 2 });
    }
    return { ...band, count: folding.size, open };
  }

  preview(width: number): Band | null {
    const aspect = this.extras.previewAspect;
    if (!aspect || !(aspect > 0)) return null;
    const height = Math.round(Math.min(TALLEST_PREVIEW, (width - 2 * MARGIN) / aspect));
    const band = this.band(height);
    this.space(MARGIN);
    return band;
  }

  band(height: number): Band {
    const band = { y: this.y, height };
    this.y += height;
    return band;
  }

  space(height: number): void {
    this.y += height;
  }

  #row(input: Socket | null, output: Socket | null, advanced: boolean): void {
    const y = this.y + ROW / 2;
    if (input) this.places.push({ side: "in", name: input.name, y });
    if (output) this.places.push({ side: "out", name: output.name, y });
    this.rows.push({
      input: input?.name ?? null,
      output: output?.name ?? null,
      side: input && output ? "both" : input ? "in" : "out",
      ...this.band(input ? this.#height(input) : ROW),
      advanced,
    });
  }

  #height(input: Socket): number {
    const linked = input.name in this.node.links;
    const field = linked ? 0 : fieldHeight(input);
    return ROW + field + (this.extras.errors?.includes(input.name) ? MESSAGE : 0);
  }
}

/** What a field takes below its label's row: most stand beside the label. */
function fieldHeight(one: Socket): number {
  const widget = one.schema["x-widget"];
  const tall = widget === "textarea" || widget?.includes("/") === true;
  return one.literal && tall ? TEXTAREA : 0;
}
