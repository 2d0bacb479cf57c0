/** How changes are written. */

import type { Change } from "./change";
import { UNKNOWN } from "../format";

/** `+0.12`, `−0.03`, `0.00`. */
export function formatChange(value: number | null): string {
  if (value === null) return UNKNOWN;
  const text = Math.abs(value).toFixed(2);
  if (text === "0.00") return text;
  return `${value > 0 ? "+" : "−"}${text}`;
}

/** Whether a change is more than chance: its interval has no 0 in it. */
export function verdictOf({ interval, mean }: Change): "better" | "worse" | "unclear" {
  if (!interval || mean === null) return "unclear";
  if (interval.low > 0) return "better";
  if (interval.high < 0) return "worse";
  return "unclear";
}
