/** The workflow that a PNG carries. */

/** The text of a PNG's chunk "weft"; null where it is no PNG or carries none. Raises DocumentError. */
export async function workflowTextInPng(_bytes: Uint8Array): Promise<string | null> {
  return null;
}
