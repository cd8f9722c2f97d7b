/** Files of other programs, which people drop here too. */

/** Whether a text is a workflow of ComfyUI, as its editor saves it or as its API takes it. */
export function isComfyWorkflow(text: string): boolean {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    return false;
  }
  if (typeof data !== "object" || data === null || "weft" in data) return false;
  if ("last_node_id" in data) return true;
  const nodes: unknown[] = Object.values(data);
  return nodes.length > 0 && nodes.every((one) => has(one, "class_type") && has(one, "inputs"));
}

function has(value: unknown, key: string): boolean {
  return typeof value === "object" && value !== null && key in value;
}
