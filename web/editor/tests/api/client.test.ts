import { describe, expect, it } from "vitest";
import { newestOf, storedOf } from "../../src/api/client";
import { Float } from "../../src/document/json";

const WORKFLOW = `{"weft": 1, "nodes": {"a": {"type": "acme:a.b", "version": 1,
  "values": {"amount": 4.0, "seed": 18446744073709551615}}}}`;

describe("workflows in answers", () => {
  it("keep their numbers", () => {
    const stored = storedOf(`{"name": "mine", "revision": 3, "workflow": ${WORKFLOW}}`);
    expect([stored.name, stored.revision]).toEqual(["mine", 3]);
    expect(stored.workflow.nodes.a?.values?.amount).toEqual(new Float(4));
    expect(stored.workflow.nodes.a?.values?.seed).toBe(18446744073709551615n);
  });

  it("keep them in a conflict too", () => {
    const body = `{"error": {"code": "conflict", "revision": 5, "workflow": ${WORKFLOW}}}`;
    const newest = newestOf(body, "mine");
    expect([newest?.name, newest?.revision]).toEqual(["mine", 5]);
    expect(newest?.workflow.nodes.a?.values?.amount).toEqual(new Float(4));
  });

  it("are not in a conflict with nobody", () => {
    const body = `{"error": {"code": "conflict", "revision": 0, "workflow": null}}`;
    expect(newestOf(body, "mine")).toBeNull();
  });
});
