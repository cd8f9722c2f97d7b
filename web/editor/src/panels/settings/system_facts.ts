/** Reading what the server says of its machine, where not every field is promised. */

type Facts = Readonly<Record<string, unknown>>;

export const TIERS = ["device", "host", "disk"] as const;
export type Tier = (typeof TIERS)[number];

export interface Pool {
  readonly used: number;
  readonly total: number;
}

export interface Held {
  readonly tier: Tier;
  readonly values: number;
  readonly bytes: number;
  readonly budget: number;
}

export interface Device {
  readonly name: string;
  readonly title: string;
  readonly used: boolean;
  readonly memory: Pool | null;
}

/** A number that the server gave, or null. */
export function amountOf(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** How much is used, from the total and what is free or available. */
export function poolOf(facts: Facts): Pool | null {
  const total = amountOf(facts.total);
  const free = amountOf(facts.available ?? facts.free);
  return total === null || free === null ? null : { used: total - free, total };
}

/** The tiers of the cache that there are. */
export function tiersOf(cache: Facts): readonly Held[] {
  return TIERS.flatMap((tier) => {
    const said = cache[tier] as Facts | null | undefined;
    if (!said) return [];
    const [values, bytes, budget] = [said.values, said.bytes, said.budget].map(amountOf);
    return [{ tier, values: values ?? 0, bytes: bytes ?? 0, budget: budget ?? 0 }];
  });
}

export function devicesOf(devices: readonly Facts[]): readonly Device[] {
  return devices.map((one) => {
    const name = String(one.name ?? "");
    return {
      name,
      title: typeof one.title === "string" && one.title !== "" ? one.title : name,
      used: one.used === true,
      memory: poolOf(one),
    };
  });
}
