/** Draws rows of a text. By hand: of a hostile text a row can have a hundred pieces, and a component for each takes too long. */

import type { Row } from "./document";
import type { Piece } from "../text/pieces";

function element(name: "div" | "span" | "mark", className: string, text?: string): HTMLElement {
  const made = document.createElement(name);
  if (className !== "") made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

/** A row: the number of its line, and its text. */
function drawRow(row: Row): HTMLElement {
  const line = element("div", "line");
  const gutter = element("span", "gutter", row.line === null ? "" : String(row.line));
  gutter.ariaHidden = "true";
  const text = element("span", "text");
  text.dir = row.direction;
  for (const piece of row.pieces) text.append(drawPiece(piece));
  line.append(gutter, text);
  return line;
}

function drawPiece(piece: Piece): Node {
  const inner = piece.controls > 0 ? drawControl(piece) : document.createTextNode(piece.text);
  if (piece.marks.length === 0) return inner;
  const mark = element("mark", "");
  mark.dataset.quotes = piece.marks.join(" ");
  if (piece.begins.length > 0) mark.dataset.begins = piece.begins.join(" ");
  mark.append(inner);
  return mark;
}

function drawControl({ text, controls }: Piece): HTMLElement {
  const times = controls > 1 ? `×${String(controls)}` : "";
  const control = element("span", "control", text + times);
  control.title = `Control character ${text}, shown and without effect`;
  return control;
}

/** The most rows, and pieces of rows, that are drawn in one frame. */
const ROWS = 12;
const PIECES = 12;

/** Draws rows in the place of those that are there, some in each frame. Returns what stops it. */
export function drawRows(box: HTMLElement, rows: readonly Row[], done: () => void): () => void {
  let next = 0;
  let frame = 0;
  const draw = (): void => {
    const end = next + ROWS;
    for (let pieces = 0; next < Math.min(rows.length, end) && pieces < PIECES; next++) {
      const row = rows[next];
      if (!row) continue;
      pieces += row.pieces.length;
      const old = box.children[next];
      if (old) old.replaceWith(drawRow(row));
      else box.append(drawRow(row));
    }
    if (next < rows.length) {
      frame = requestAnimationFrame(draw);
      return;
    }
    while (box.children.length > rows.length) box.lastChild?.remove();
    done();
  };
  draw();
  return () => cancelAnimationFrame(frame);
}

/** Shows which mark is looked at. */
export function activate(rows: HTMLElement, active: number | null): void {
  for (const mark of rows.querySelectorAll<HTMLElement>("mark")) {
    const ids = mark.dataset.quotes?.split(" ") ?? [];
    mark.classList.toggle("active", active !== null && ids.includes(String(active)));
  }
}
