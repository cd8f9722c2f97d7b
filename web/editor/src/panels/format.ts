/** Times, sizes and durations as people read them, in the page's language. */

import { language, t } from "../i18n";

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;

/** A number of bytes: "25 MB". */
export function bytesText(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const value = bytes / 1000 ** power;
  return new Intl.NumberFormat(language(), {
    style: "unit",
    unit: UNITS[power] ?? "byte",
    unitDisplay: power === 0 ? "long" : "short",
    maximumFractionDigits: value < 10 && power > 0 ? 1 : 0,
  }).format(value);
}

/** Seconds: "40 ms", "0.4 s", "12 s", "2 min 5 s", "3 h 10 min". */
export function durationText(seconds: number): string {
  const decimal = (n: number) =>
    n.toLocaleString(language(), { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  if (seconds > 0 && seconds < 0.095) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 9.95) return `${decimal(seconds)} s`;
  return elapsedText(seconds);
}

/** Seconds that go on counting: "4 s", "2 min 5 s". */
export function elapsedText(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return joined(Math.floor(whole / 60), "min", whole % 60, "s");
  return joined(Math.floor(whole / 3600), "h", Math.floor((whole % 3600) / 60), "min");
}

function joined(large: number, unit: string, small: number, smaller: string): string {
  return small === 0 ? `${large} ${unit}` : `${large} ${unit} ${small} ${smaller}`;
}

const MINUTE = 60;
const DAY = 24 * 3600;

/** A moment, in seconds since the epoch, seen from another: the nearer, the rougher. */
export function momentText(when: number, now: number): string {
  const ago = now - when;
  if (ago < MINUTE) return t("panels.time.now");
  if (ago < 60 * MINUTE) return t("panels.time.minutes", { count: Math.floor(ago / MINUTE) });
  const clock = timeOf(when);
  const days = dayOf(now) - dayOf(when);
  if (days === 0) return clock;
  if (days === 1) return t("panels.time.yesterday", { time: clock });
  const year = new Date(when * 1000).getFullYear() === new Date(now * 1000).getFullYear();
  return new Intl.DateTimeFormat(language(), {
    day: "numeric",
    month: "short",
    ...(year ? {} : { year: "numeric" }),
  }).format(when * 1000);
}

/** A moment in full, for a tip. */
export function fullMoment(when: number): string {
  return new Intl.DateTimeFormat(language(), { dateStyle: "medium", timeStyle: "medium" }).format(
    when * 1000,
  );
}

function timeOf(when: number): string {
  return new Intl.DateTimeFormat(language(), { hour: "numeric", minute: "2-digit" }).format(
    when * 1000,
  );
}

/** Days since the epoch, where the person lives. */
function dayOf(when: number): number {
  const date = new Date(when * 1000);
  return Math.floor((when - date.getTimezoneOffset() * MINUTE) / DAY);
}

/** What went wrong, in the server's own words where it has any. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
