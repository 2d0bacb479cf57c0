/** Which rows of a long table are drawn: those in view and some beside them. */

export interface RowWindow {
  first: number;
  /** The one behind the last. */
  end: number;
  /** Height of what is left out above and below, in px. */
  above: number;
  below: number;
}

/** Rows that are drawn beyond each edge of what is in view. */
const OVERSCAN = 12;

/** Of `count` rows of one height, with the top of the first `top` px below the upper edge of a view of `viewHeight` px. */
export function rowWindow(count: number, rowHeight: number, top: number, viewHeight: number): RowWindow {
  const clamp = (row: number): number => Math.min(count, Math.max(0, row));
  const first = clamp(Math.floor(-top / rowHeight) - OVERSCAN);
  const end = clamp(Math.ceil((viewHeight - top) / rowHeight) + OVERSCAN);
  return { first, end, above: first * rowHeight, below: (count - end) * rowHeight };
}
