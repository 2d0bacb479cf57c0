/** Where things stand in a chart. */

/** Round values from `low` to `high`, about `count` of them. */
export function ticks(low: number, high: number, count: number): number[] {
  const step = niceStep((high - low) / Math.max(1, count));
  const found: number[] = [];
  // Counted, not added up: a sum of 0.1 drifts.
  for (let index = Math.ceil(low / step); index * step <= high + step / 1e6; index++)
    found.push(index * step);
  return found;
}

function niceStep(rough: number): number {
  if (!(rough > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const share = rough / power;
  return (share <= 1 ? 1 : share <= 2 ? 2 : share <= 5 ? 5 : 10) * power;
}

const STEPS = [60, 300, 900, 1800, 3600, 3 * 3600, 6 * 3600, 12 * 3600];
const DAY = 86_400;

/** Times on the reader's clock, at most so many, in seconds since 1970: whole minutes, hours or days. */
export function timeTicks(from: number, to: number, count: number): number[] {
  const rough = (to - from) / Math.max(1, count);
  const step = STEPS.find((one) => one >= rough) ?? Math.ceil(rough / DAY) * DAY;
  const shift = new Date(from * 1000).getTimezoneOffset() * 60;
  return whole((from - shift) / step, (to - shift) / step).map((at) => at * step + shift);
}

/** A line through the points that are known; it ends where one is not. */
export function path(points: readonly (readonly [x: number, y: number] | null)[]): string {
  let text = "";
  let isOpen = false;
  for (const point of points) {
    if (point) text += `${isOpen ? "L" : "M"}${point[0].toFixed(1)} ${point[1].toFixed(1)}`;
    isOpen = point !== null;
  }
  return text;
}

/** The index of the time that is nearest to a place. */
export function nearest(times: readonly number[], time: number): number {
  let best = 0;
  for (const [index, value] of times.entries())
    if (Math.abs(value - time) < Math.abs((times[best] ?? 0) - time)) best = index;
  return best;
}

/** The whole numbers from one to another. */
function whole(from: number, to: number): number[] {
  const first = Math.ceil(from);
  return Array.from({ length: Math.max(0, Math.floor(to) - first + 1) }, (_, index) => first + index);
}
