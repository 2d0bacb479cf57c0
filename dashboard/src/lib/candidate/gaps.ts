/** Which parts of a long list are shown, and what lies between them. */

export interface Range {
  from: number;
  /** Behind the last one. */
  to: number;
}

/** The ranges in order, joined where they meet, with what is left out between them. */
export function gaps(ranges: readonly Range[], count: number): (Range & { isGap: boolean })[] {
  const result: (Range & { isGap: boolean })[] = [];
  let at = 0;
  for (const { from, to } of [...ranges].sort((a, b) => a.from - b.from)) {
    const [start, end] = [Math.max(from, at), Math.min(to, count)];
    if (end <= start) continue;
    if (start > at) result.push({ from: at, to: start, isGap: true });
    const last = result.at(-1);
    if (last && !last.isGap && last.to === start) last.to = end;
    else result.push({ from: start, to: end, isGap: false });
    at = end;
  }
  if (at < count) result.push({ from: at, to: count, isGap: true });
  return result;
}
