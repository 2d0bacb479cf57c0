/** How a text is laid out in rows of the same height, so that any part of it can be drawn without the rest. */

import { controlName } from "./controls";

/** The rows of a text. */
export interface Layout {
  /** Where each row begins, in UTF-16. */
  starts: number[];
  /** The line that a row is of, from 1. */
  lines: number[];
  /** Where the last one ends. */
  end: number;
}

const TAB = 4;

/** Breaks lines that are wider than `columns`, at a blank where there is one; never within a character. */
export function layout(text: string, columns: number, end = text.length): Layout {
  const starts: number[] = [];
  const lines: number[] = [];
  let line = 1;
  for (let start = 0; start <= end; line++) {
    const found = text.indexOf("\n", start);
    const stop = found === -1 || found > end ? end : found;
    for (const row of breaks(text, start, stop, columns)) {
      starts.push(row);
      lines.push(line);
    }
    start = stop + 1;
    // What ends with a line feed has no further line.
    if (start >= end) break;
  }
  return { starts, lines, end };
}

/** Where the rows of a line begin. */
function breaks(text: string, start: number, stop: number, columns: number): number[] {
  const rows = [start];
  // No character is wider than its code units, except tabs and names of control characters: rare, and measured where a line is long.
  if ((stop - start) * TAB <= columns) return rows;
  let row = start;
  let width = 0;
  let blank = -1;
  for (let index = start; index < stop;) {
    const code = text.codePointAt(index) ?? 0;
    const size = code > 0xffff ? 2 : 1;
    const wide = widthOf(code, width);
    const isJoined = wide === 0 || (index > row && text.charCodeAt(index - 1) === 0x200d);
    // A character with very many marks on it is no reason for a row without an end.
    if (width + wide > columns && index > row && (!isJoined || index - row > columns * 4)) {
      const next = blank > row ? blank : index;
      rows.push(next);
      row = next;
      blank = -1;
      width = 0;
      index = next;
      continue;
    }
    if (isJoined && index - row > columns * 4) {
      rows.push(index);
      row = index;
      width = 0;
    }
    width += isJoined ? 0 : wide;
    index += size;
    if (code === 0x20 || code === 0x09) blank = index;
  }
  return rows;
}

/** How many columns of a monospaced font a character takes. */
function widthOf(code: number, column: number): number {
  if (code === 0x09) return TAB - (column % TAB);
  if (code < 0x7f && code >= 0x20) return 1;
  const name = controlName(code);
  if (name !== null) return name.length + 1;
  if (code === 0x200c || code === 0x200d || (code >= 0xfe00 && code <= 0xfe0f)) return 0;
  if (code >= 0x300 && /\p{M}/u.test(String.fromCodePoint(code))) return 0;
  return code >= 0x1100 && isWide(code) ? 2 : 1;
}

function isWide(code: number): boolean {
  return (
    code <= 0x115f ||
    (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0x1f300 && code <= 0x1faff) ||
    (code >= 0x20000 && code <= 0x3fffd)
  );
}

/** The row that holds a place. */
export function rowAt(rows: Layout, place: number): number {
  let low = 0;
  let high = rows.starts.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((rows.starts[middle] ?? 0) <= place) low = middle;
    else high = middle;
  }
  return low;
}

const STRONG = /[\p{L}\p{N}]/u;
const RTL =
  /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}]/u;

/** Which way a line runs: as its first letter does (Unicode Bidirectional Algorithm, P2). */
export function direction(line: string): "ltr" | "rtl" {
  for (const character of line) {
    if (RTL.test(character)) return "rtl";
    if (STRONG.test(character) && !/\p{N}/u.test(character)) return "ltr";
  }
  return "ltr";
}
