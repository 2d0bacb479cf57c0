/** Over which time figures are shown. */

export interface Range {
  key: string;
  label: string;
  /** Back from now; null: all there is. */
  hours: number | null;
  interval: "hour" | "day";
}

export const RANGES: readonly Range[] = [
  { key: "24h", label: "24 hours", hours: 24, interval: "hour" },
  { key: "7d", label: "7 days", hours: 7 * 24, interval: "day" },
  { key: "30d", label: "30 days", hours: 30 * 24, interval: "day" },
  { key: "all", label: "All", hours: null, interval: "day" },
];

const [, WEEK] = RANGES;

/** The one that an address names; a week without. */
export function rangeOf(key: string | null): Range {
  const found = RANGES.find((range) => range.key === key) ?? WEEK;
  if (!found) throw new Error("there are no ranges");
  return found;
}
