import { expect, it } from "vitest";
import { isComfyWorkflow } from "../../src/document/foreign";

const SAVED = { last_node_id: 9, last_link_id: 9, nodes: [], links: [], version: 0.4 };
const SENT = { 3: { class_type: "KSampler", inputs: { seed: 1 } } };

it("knows a workflow of ComfyUI in both its forms", () => {
  expect(isComfyWorkflow(JSON.stringify(SAVED))).toBe(true);
  expect(isComfyWorkflow(JSON.stringify(SENT))).toBe(true);
});

it("takes nothing else for one", () => {
  const others = [{}, [], null, 3, { weft: 1, nodes: {} }, { a: SENT }, { ...SENT, b: 1 }];
  for (const one of others) expect(isComfyWorkflow(JSON.stringify(one))).toBe(false);
  expect(isComfyWorkflow("no JSON")).toBe(false);
});
