/** A text cut into what is drawn: plain runs and named control characters, each with the marks that lie over it. */

import { controlName, mayHoldControls } from "./controls";

/** A marked range of a string, in UTF-16; the end is not in it. */
export interface Span {
  id: number;
  start: number;
  end: number;
}

export interface Piece {
  /** What is drawn: the text itself, or the name of a control character. */
  text: string;
  /** How many of the same control character stand here, one behind the other; 0 for text. */
  controls: number;
  /** The marks that lie over it, in the order of their ids. */
  marks: number[];
  /** The marks that begin here. */
  begins: number[];
}

/** The part of `text` from `from` to `to`. Spans may overlap, and may reach beyond it. */
export function cut(text: string, from: number, to: number, spans: readonly Span[]): Piece[] {
  const over = spans.filter((span) => span.start < to && span.end > from && span.start < span.end);
  const edges = new Set([from, to]);
  for (const span of over) {
    edges.add(Math.max(from, span.start));
    edges.add(Math.min(to, span.end));
  }
  const places = [...edges].sort((a, b) => a - b);
  const pieces: Piece[] = [];
  for (const [index, start] of places.entries()) {
    const end = places[index + 1];
    if (end === undefined) break;
    const here = over.filter((span) => span.start <= start && span.end >= end);
    const marks = here.map((span) => span.id).sort((a, b) => a - b);
    const begins = here.filter((span) => span.start === start).map((span) => span.id);
    const runs = split(text.slice(start, end));
    for (const [at, run] of runs.entries()) pieces.push({ ...run, marks, begins: at === 0 ? begins : [] });
  }
  return pieces;
}

type Run = Pick<Piece, "text" | "controls">;

/** A text where there is no markup, such as a tooltip: control characters are named in brackets. */
export function named(text: string): string {
  return split(text)
    .map((run) => (run.controls > 0 ? `[${run.text}]` : run.text))
    .join("");
}

/** Cuts at control characters. */
export function split(text: string): Run[] {
  if (text === "") return [];
  if (!mayHoldControls(text)) return [{ text, controls: 0 }];
  const runs: Run[] = [];
  let plain = "";
  for (const character of text) {
    const name = controlName(character.codePointAt(0) ?? 0);
    if (name === null) {
      plain += character;
      continue;
    }
    if (plain !== "") runs.push({ text: plain, controls: 0 });
    plain = "";
    const last = runs.at(-1);
    if (last && last.controls > 0 && last.text === name) last.controls += 1;
    else runs.push({ text: name, controls: 1 });
  }
  if (plain !== "") runs.push({ text: plain, controls: 0 });
  return runs;
}
