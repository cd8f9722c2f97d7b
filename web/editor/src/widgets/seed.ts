/** Seeds for the dice: of 32 bits, which people can read, compare and type. */

export function randomSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] as number;
}
