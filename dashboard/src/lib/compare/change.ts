/** How much something changed between two runs over the same candidates: a mean with its interval. */

export interface Change {
  /** How many pairs have both values. */
  n: number;
  /** How many have not. */
  unused: number;
  before: number | null;
  after: number | null;
  /** After less before; null without a pair. */
  mean: number | null;
  /** The 95 % interval of the mean (Student's t over the pairs' differences); null with fewer than two. */
  interval: { low: number; high: number } | null;
}

export type Pair = readonly [before: number | null | undefined, after: number | null | undefined];

export function changeOf(pairs: readonly Pair[]): Change {
  const whole = pairs.filter((pair): pair is readonly [number, number] => pair[0] != null && pair[1] != null);
  const n = whole.length;
  const unused = pairs.length - n;
  if (n === 0) return { n, unused, before: null, after: null, mean: null, interval: null };
  const differences = whole.map(([before, after]) => after - before);
  const mean = meanOf(differences);
  const change = {
    n,
    unused,
    before: meanOf(whole.map(([a]) => a)),
    after: meanOf(whole.map(([, b]) => b)),
    mean,
  };
  if (n < 2) return { ...change, interval: null };
  const variance = differences.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  const half = studentT(n - 1) * Math.sqrt(variance / n);
  return { ...change, interval: { low: mean - half, high: mean + half } };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** 97.5 % quantiles of Student's t for 1 to 30 degrees of freedom. */
const T = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131,
  2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];

/** The 97.5 % quantile of Student's t. */
export function studentT(degrees: number): number {
  const known = T[degrees - 1];
  if (known !== undefined) return known;
  // The first terms of the expansion around the normal quantile z (Abramowitz and Stegun 26.7.5); right to 0.001 above 30.
  const z = 1.959964;
  return z + (z ** 3 + z) / (4 * degrees) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * degrees ** 2);
}
