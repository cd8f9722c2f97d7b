/** A node out of sight: React Flow needs it for the link that comes into sight. */

export function StubNode() {
  return null;
}
