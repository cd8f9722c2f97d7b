import { describe, expect, it, vi } from "vitest";
import type { InputSpec, Schema } from "../../src/document/catalogue";
import { Float, type Json } from "../../src/document/json";
import { jsonFrom, plainOf, refusal } from "../../src/widgets/accepts";
import { guiltyOf } from "../../src/widgets/blame";
import { bridge } from "../../src/widgets/model";

const LIST: Schema = { type: "array", items: { type: "number", minimum: 0, maximum: 1 } };

function spec(schema: Schema, nullable = false): InputSpec {
  return { name: "curve", kind: "x", schema, required: false, default: null, nullable, help: "" };
}

function opened(schema: Schema, value: Json) {
  const onChange = vi.fn<(value: Json) => void>();
  const onFailure = vi.fn<(error: unknown) => void>();
  const onCommit = vi.fn<() => void>();
  return {
    ...bridge({ spec: spec(schema), value, onChange, onCommit, onFailure }),
    onChange,
    onCommit,
    onFailure,
  };
}

describe("the model of a plugin's widget", () => {
  it("gives plain numbers and writes them as the schema's type does", () => {
    const { model, onChange } = opened(LIST, [new Float(1), 0.5]);
    expect(model.get()).toEqual([1, 0.5]);
    model.set([0, 0.25]);
    expect(onChange).toHaveBeenCalledExactlyOnceWith([new Float(0), 0.25]);
    expect(model.get()).toEqual([0, 0.25]);
  });

  it.each([[[2]], ["x"], [null], [[Number.NaN]], [{}], [() => 1], [undefined], [[[1]]]])(
    "refuses %j",
    (value) => {
      const { model, onChange } = opened(LIST, [0.5]);
      expect(() => model.set(value)).toThrow(TypeError);
      expect(onChange).not.toHaveBeenCalled();
      expect(model.get()).toEqual([0.5]);
    },
  );

  it("tells of changes from outside, and not of its own", () => {
    const { model, receive } = opened(LIST, [0.5]);
    const heard = vi.fn();
    const end = model.subscribe(heard);
    model.set([0.25]);
    receive([0.25]);
    expect(heard).not.toHaveBeenCalled();
    receive([0.75]);
    expect(heard).toHaveBeenCalledExactlyOnceWith([0.75]);
    end();
    receive([0.5]);
    expect(heard).toHaveBeenCalledOnce();
  });

  it("keeps a listener's failure from the page", () => {
    const { model, receive, onFailure } = opened(LIST, [0.5]);
    model.subscribe(() => {
      throw new Error("mine");
    });
    receive([0.75]);
    expect(onFailure).toHaveBeenCalledOnce();
  });

  it("is silent once it is closed", () => {
    const { model, close, onChange, onCommit } = opened(LIST, [0.5]);
    close();
    model.set([0.25]);
    model.commit();
    expect(onChange).not.toHaveBeenCalled();
    expect(onCommit).not.toHaveBeenCalled();
  });
});

describe("what a schema refuses", () => {
  it.each<[Json, Schema, boolean, boolean]>([
    [3, { type: "integer" }, false, true],
    [new Float(3), { type: "integer" }, false, false],
    [2n ** 64n - 1n, { type: "integer" }, false, true],
    [-1, { type: "integer", minimum: 0 }, false, false],
    [null, { type: "integer" }, true, true],
    [null, { type: "integer" }, false, false],
    ["ab", { type: "string", maxLength: 1 }, false, false],
    ["💡", { type: "string", maxLength: 1 }, false, true],
    ["c", { type: "string", enum: ["a", "b"] }, false, false],
    ["a", { anyOf: [{ type: "integer" }, { type: "string" }] }, false, true],
    [true, { anyOf: [{ type: "integer" }, { type: "string" }] }, false, false],
    [{ a: 1 }, { type: "object" }, false, true],
    [[1], { type: "object" }, false, false],
  ])("case %#", (value, schema, nullable, taken) => {
    expect(refusal(value, schema, nullable) === null).toBe(taken);
  });

  it("goes to plain data and back", () => {
    const value: Json = { a: [1, 2.5, 2n ** 60n], b: { c: "x", d: null, e: true } };
    expect(jsonFrom(plainOf(value), undefined)).toEqual(value);
    expect(() => jsonFrom(new Date(), undefined)).toThrow(TypeError);
  });
});

describe("whose error it is", () => {
  const dial = { plugin: "acme", url: "/ext/acme/ab12/dial.js" };
  const twin = { ...dial };
  const curve = { plugin: "acme", url: "/ext/acme/ab12/curve.js" };
  const other = { plugin: "acm", url: undefined };
  const all = [dial, twin, curve, other];
  const at = (path: string) => `Error: x\n    at f (http://127.0.0.1:8320${path}:3:9)`;

  it("is told by the address of its files", () => {
    expect(guiltyOf(at("/ext/acme/ab12/curve.js"), all, null)).toEqual([curve]);
    expect(guiltyOf(at("/ext/acm/1/x.js"), all, null)).toEqual([other]);
    expect(guiltyOf(at("/assets/index.js"), all, null)).toEqual([]);
    expect(guiltyOf("Error: x", all, curve)).toEqual([]);
  });

  it("is told among twins by which is touched", () => {
    const found = guiltyOf(at("/ext/acme/ab12/dial.js"), all, twin);
    expect(found).toHaveLength(1);
    expect(found[0]).toBe(twin);
    expect(guiltyOf(at("/ext/acme/ab12/dial.js"), all, null)).toHaveLength(2);
  });
});
