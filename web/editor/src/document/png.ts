/** The workflow that a PNG carries: its text chunk "weft". */

import { DocumentError } from "./errors";

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const KEYWORD = "weft";
/** Of the text, unpacked: a picture may claim to hold anything. */
const MAX_BYTES = 64 * 1024 * 1024;

/** The text of a PNG's chunk "weft"; null where it is no PNG or carries none. Raises DocumentError. */
export async function workflowTextInPng(bytes: Uint8Array): Promise<string | null> {
  if (!SIGNATURE.every((byte, index) => bytes[index] === byte)) return null;
  let found: string | null = null;
  // Where there are several, the last one holds, as it does for the engine.
  for (const { type, data } of chunksOf(bytes)) found = (await textOf(type, data)) ?? found;
  return found;
}

interface Chunk {
  readonly type: string;
  readonly data: Uint8Array;
}

function* chunksOf(bytes: Uint8Array): Generator<Chunk> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = SIGNATURE.length; at + 12 <= bytes.length; ) {
    const size = view.getUint32(at);
    const type = latin1(bytes.subarray(at + 4, at + 8));
    const start = at + 8;
    if (type === "IEND" || start + size > bytes.length) return;
    yield { type, data: bytes.subarray(start, start + size) };
    at = start + size + 4;
  }
}

async function textOf(type: string, data: Uint8Array): Promise<string | null> {
  if (type !== "tEXt" && type !== "zTXt" && type !== "iTXt") return null;
  const [keyword, rest] = cut(data);
  if (rest === null || latin1(keyword) !== KEYWORD) return null;
  if (type === "tEXt") return latin1(bounded(rest));
  if (type === "zTXt") return rest[0] === 0 ? latin1(await unpacked(rest.subarray(1))) : refuse();
  const [packed, method] = rest;
  const [, translated] = cut(rest.subarray(2));
  const [, text] = cut(translated ?? new Uint8Array());
  if (translated === null || text === null) return refuse();
  if (packed === 0) return utf8(bounded(text));
  return packed === 1 && method === 0 ? utf8(await unpacked(text)) : refuse();
}

/** What stands before and after the first zero byte. */
function cut(data: Uint8Array): readonly [before: Uint8Array, after: Uint8Array | null] {
  const zero = data.indexOf(0);
  return zero < 0 ? [data, null] : [data.subarray(0, zero), data.subarray(zero + 1)];
}

function bounded(data: Uint8Array): Uint8Array {
  return data.length <= MAX_BYTES ? data : refuse("the workflow in the picture is too large");
}

function latin1(data: Uint8Array): string {
  let text = "";
  // In pieces: a call takes only so many arguments.
  for (let at = 0; at < data.length; at += 8192)
    text += String.fromCharCode(...data.subarray(at, at + 8192));
  return text;
}

function utf8(data: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(data);
  } catch {
    return refuse();
  }
}

/** The zlib data unpacked, up to the bound. */
async function unpacked(data: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([data as Uint8Array<ArrayBuffer>])
    .stream()
    .pipeThrough(new DecompressionStream("deflate"));
  const reader = stream.getReader();
  const parts: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read().catch(() => refuse());
    if (done) break;
    size += value.length;
    if (size > MAX_BYTES) {
      await reader.cancel();
      return refuse("the workflow in the picture is too large");
    }
    parts.push(value);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function refuse(message = "the workflow in the picture is damaged"): never {
  throw new DocumentError([{ code: "png", path: "", message }]);
}
