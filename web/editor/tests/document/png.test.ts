import { crc32, deflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { DocumentError } from "../../src/document/json";
import { workflowTextInPng } from "../../src/document/png";

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

function chunk(type: string, ...parts: readonly (string | Uint8Array)[]): Buffer {
  const data = Buffer.concat(parts.map((one) => Buffer.from(one)));
  const head = Buffer.alloc(8);
  head.writeUInt32BE(data.length);
  head.write(type, 4, "latin1");
  const tail = Buffer.alloc(4);
  tail.writeUInt32BE(crc32(Buffer.concat([head.subarray(4), data])));
  return Buffer.concat([head, data, tail]);
}

const png = (...chunks: readonly Buffer[]) =>
  new Uint8Array(
    Buffer.concat([SIGNATURE, chunk("IHDR", new Uint8Array(13)), ...chunks, chunk("IEND")]),
  );
const TEXT = '{"weft": 1, "ä": "\u{1f600}"}';
const itxt = (flag: string, text: Uint8Array | string) =>
  chunk("iTXt", `weft\0${flag}\0de\0Weft\0`, text);

describe("workflowTextInPng", () => {
  it("reads all chunks that can hold a text", async () => {
    expect(await workflowTextInPng(png(chunk("tEXt", "weft\0{}")))).toBe("{}");
    expect(await workflowTextInPng(png(itxt("\0", TEXT)))).toBe(TEXT);
    expect(await workflowTextInPng(png(itxt("\x01", deflateSync(TEXT))))).toBe(TEXT);
    expect(await workflowTextInPng(png(chunk("zTXt", "weft\0\0", deflateSync("{}"))))).toBe("{}");
  });

  it("reads latin-1 as such, and texts longer than a call takes arguments", async () => {
    const long = `"${"a".repeat(300_000)}"`;
    expect(await workflowTextInPng(png(chunk("tEXt", "weft\0", long)))).toBe(long);
    expect(await workflowTextInPng(png(chunk("tEXt", "weft\0", new Uint8Array([0xe4]))))).toBe("ä");
  });

  it("passes over pictures that carry none, and what is no picture", async () => {
    expect(await workflowTextInPng(png(chunk("tEXt", "other\0{}")))).toBeNull();
    expect(await workflowTextInPng(png(chunk("tEXt", "weft")))).toBeNull();
    expect(await workflowTextInPng(new TextEncoder().encode("{}"))).toBeNull();
    expect(await workflowTextInPng(new Uint8Array())).toBeNull();
    const cut = png(chunk("tEXt", "weft\0{}"));
    expect(await workflowTextInPng(cut.subarray(0, 40))).toBeNull();
  });

  it.each([
    ["no zlib data", chunk("zTXt", "weft\0\0", "hello")],
    ["cut zlib data", chunk("zTXt", "weft\0\0", deflateSync(TEXT).subarray(0, 10))],
    ["another method", chunk("zTXt", "weft\0\x01", deflateSync("{}"))],
    ["no UTF-8", itxt("\0", new Uint8Array([0xff, 0xfe]))],
    ["a flag that is none", itxt("\x07", "{}")],
    ["no text at all", chunk("iTXt", "weft\0\0\0de")],
    ["a bomb", chunk("zTXt", "weft\0\0", deflateSync(Buffer.alloc(65 * 1024 * 1024)))],
  ])("refuses %s", async (_, one) => {
    await expect(workflowTextInPng(png(one))).rejects.toThrow(DocumentError);
  });
});
