/** Which rows of very many are drawn. */

/** Height of a row, in px; as in the style of the rows. */
export const ROW = 20;
/** Browsers draw nothing behind some ten million px: above this a scrolled px stands for more than one. */
const MAX_HEIGHT = 8_000_000;
/** Rows that are drawn above and below what is seen. */
const OVERSCAN = 8;

export interface Window {
  from: number;
  to: number;
  /** Where the first of them is drawn, in px. */
  top: number;
}

/** How high all of them are together. */
export function heightOf(rows: number): number {
  return Math.min(rows * ROW, MAX_HEIGHT);
}

export function windowAt(rows: number, scrollTop: number, viewport: number): Window {
  const seen = Math.ceil(viewport / ROW) + 1;
  if (rows * ROW <= MAX_HEIGHT) {
    const first = Math.floor(scrollTop / ROW);
    const from = Math.max(0, first - OVERSCAN);
    return { from, to: Math.min(rows, first + seen + OVERSCAN), top: from * ROW };
  }
  const share = Math.min(1, Math.max(0, scrollTop / (MAX_HEIGHT - viewport)));
  const from = Math.round(share * Math.max(0, rows - seen + 1));
  return { from, to: Math.min(rows, from + seen), top: scrollTop };
}

/** Where to scroll so that a row stands in the middle. */
export function scrollTo(row: number, rows: number, viewport: number): number {
  const height = rows * ROW;
  const wanted = Math.min(Math.max(0, row * ROW - viewport / 2 + ROW / 2), Math.max(0, height - viewport));
  if (height <= MAX_HEIGHT) return wanted;
  return (wanted / (height - viewport)) * (MAX_HEIGHT - viewport);
}
