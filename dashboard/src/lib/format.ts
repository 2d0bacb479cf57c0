/** How times, numbers, scores and money are written. What is not known is a dash, never a 0. */

export const UNKNOWN = "–";

const count = new Intl.NumberFormat("en");
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** `12,345`. */
export function formatCount(value: number | null | undefined): string {
  return value == null ? UNKNOWN : count.format(value);
}

/** `12.3K`, for where there is little room. */
export function formatCompact(value: number | null | undefined): string {
  return value == null ? UNKNOWN : compact.format(value);
}

/** A score from 0 to 1 with two decimals; never rounded up to a 1 that nobody gave, nor down to a 0. */
export function formatScore(value: number | null | undefined): string {
  if (value == null) return UNKNOWN;
  if (value < 1 && value >= 0.995) return "0.99";
  if (value > 0 && value < 0.005) return "0.01";
  return value.toFixed(2);
}

/** A share from 0 to 1 as `87 %`; `99.9 %` where a whole number would claim all. */
export function formatShare(value: number | null | undefined): string {
  if (value == null) return UNKNOWN;
  const percent = value * 100;
  if (percent === 0 || percent === 100) return `${String(percent)} %`;
  if (percent < 1 || percent > 99) return `${Math.min(99.9, Math.max(0.1, percent)).toFixed(1)} %`;
  return `${percent.toFixed(0)} %`;
}

/** US dollars from the decimal text of the API; cents where there are some, else as many digits as say something. */
export function formatUsd(value: string | null | undefined): string {
  if (value == null) return UNKNOWN;
  const number = Number(value);
  if (!Number.isFinite(number)) return UNKNOWN;
  if (number === 0) return "$0";
  if (number < 0.000001) return "< $0.000001";
  if (number >= 1)
    return `$${number.toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
  return `$${Number(number.toPrecision(2)).toLocaleString("en", { maximumFractionDigits: 8 })}`;
}

/** A length of time in seconds: `0.8 s`, `42 s`, `3 min 20 s`, `5 h 12 min`, `3 d 4 h`. */
export function formatDuration(seconds: number | null | undefined): string {
  if (seconds == null) return UNKNOWN;
  if (seconds < 0.9995) return `${String(Math.round(seconds * 1000))} ms`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${String(whole)} s`;
  const parts: [number, string][] = [
    [86400, "d"],
    [3600, "h"],
    [60, "min"],
    [1, "s"],
  ];
  const first = parts.findIndex(([size]) => whole >= size);
  const [size, unit] = parts[first] ?? [1, "s"];
  const [smallSize, smallUnit] = parts[first + 1] ?? [1, "s"];
  const rest = Math.floor((whole % size) / smallSize);
  const head = `${String(Math.floor(whole / size))} ${unit}`;
  return rest === 0 ? head : `${head} ${String(rest)} ${smallUnit}`;
}

/** Seconds from one time to another. */
export function secondsBetween(from: string, to: string | number): number {
  const end = typeof to === "number" ? to : Date.parse(to);
  return Math.max(0, (end - Date.parse(from)) / 1000);
}

/** `4 min ago`; the day where it is more than a week ago. */
export function formatAgo(time: string, now: number): string {
  const seconds = secondsBetween(time, now);
  if (seconds < 5) return "just now";
  if (seconds < 60) return `${String(Math.floor(seconds))} s ago`;
  if (seconds < 3600) return `${String(Math.floor(seconds / 60))} min ago`;
  if (seconds < 86400) return `${String(Math.floor(seconds / 3600))} h ago`;
  if (seconds < 7 * 86400) return `${String(Math.floor(seconds / 86400))} d ago`;
  return formatDay(time);
}

const time = new Intl.DateTimeFormat("en-GB", {
  year: "numeric",
  month: "short",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });

/** A moment on the reader's clock, to the second. */
export function formatTime(value: string): string {
  return time.format(Date.parse(value));
}

/** A day on the reader's calendar. */
export function formatDay(value: string): string {
  return day.format(Date.parse(value));
}

/** The part of an id that tells one from another at a glance. */
export function shortId(id: string): string {
  return id.slice(0, 8);
}

/** `attempts_exhausted` as words. */
export function words(code: string): string {
  return code.replaceAll("_", " ");
}

/** `1 evaluation`, `2 evaluations`. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${formatCount(value)} ${value === 1 ? one : many}`;
}
