/** The line of a schedule: noise levels on a logarithmic axis, first to last. */

export interface Curve {
  readonly line: string;
  readonly dots: readonly (readonly [x: number, y: number])[];
  /** The levels at the top and at the bottom of the axis. */
  readonly high: number;
  readonly low: number;
}

/**
 * The line through `sigmas` in a box. A schedule ends with a level of 0, which has no place on a
 * logarithmic axis: it stands on the floor. Null where there are fewer than two levels to draw.
 */
export function curveOf(sigmas: readonly number[], width: number, height: number): Curve | null {
  const levels = sigmas.filter((one) => Number.isFinite(one) && one >= 0);
  const lit = levels.filter((one) => one > 0);
  if (levels.length < 2 || lit.length === 0) return null;
  const high = Math.max(...lit);
  const low = Math.min(...lit);
  const span = Math.log(high / low);
  // Room below the lowest level, for the 0 at the end.
  const floor = levels.length > lit.length ? height * 0.88 : height;
  const y = (level: number) => {
    if (level === 0) return height;
    return span === 0 ? floor / 2 : (floor * Math.log(high / level)) / span;
  };
  const step = width / (levels.length - 1);
  const dots = levels.map((level, index) => [round(index * step), round(y(level))] as const);
  const line = dots.map(([x, at], index) => `${index === 0 ? "M" : "L"}${x} ${at}`).join("");
  return { line, dots, high, low };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

/** A level as people read it: three figures. */
export function shownLevel(level: number): string {
  if (level === 0) return "0";
  if (level >= 1000 || level < 0.001) return level.toExponential(1);
  return String(Number(level.toPrecision(3)));
}
