/** A JSON document with long texts in it, of which a page asks for single rows: lives in a worker, so that no length of it holds up the page. */

import { cut, type Piece, type Span } from "../text/pieces";
import { direction, layout, rowAt, type Layout } from "../text/rows";
import { prefixEnd, utf16Offsets, utf8Length } from "../text/utf8";

/** A marked range of a text, in bytes of its UTF-8, as the API has it. */
export interface ByteSpan {
  id: number;
  start: number;
  end: number;
}

export interface Row {
  /** The number of the line, where the row begins one. */
  line: number | null;
  direction: "ltr" | "rtl";
  pieces: Piece[];
}

export interface TextInfo {
  bytes: number;
  /** How many rows there are in that many columns. */
  rows: number;
  /** Whether there is more behind what the rows have. */
  isCut: boolean;
}

/** How a text is to be shown. */
export interface View {
  pointer: string;
  columns: number;
  /** Shows no more than so many bytes of it. */
  limit: number | null;
}

/** A text of the document. */
export interface Part {
  pointer: string;
  label: string;
  bytes: number;
}

/** A message of a conversation or of an agent's trajectory. */
export interface Step {
  index: number;
  role: string;
  /** Its beginning, in one line. */
  title: string;
  tools: string[];
  parts: Part[];
}

/** How much of a message stands in its title, in UTF-16. */
const TITLE = 160;
/** Members of messages that hold nothing to read. */
const PLUMBING = new Set(["role", "type", "id", "tool_call_id", "index"]);
const MAX_LAYOUTS = 64;

export class TextDocument {
  #root: unknown;
  #layouts = new Map<string, Layout>();
  #spans = new Map<string, Span[]>();
  #bytes = new Map<string, number>();

  constructor(root: unknown) {
    this.#root = root;
  }

  /** The text at a JSON pointer (RFC 6901). */
  text(pointer: string): string {
    const value = this.#at(pointer);
    return typeof value === "string" ? value : "";
  }

  #at(pointer: string): unknown {
    let value = this.#root;
    for (const token of pointer.split("/").slice(1)) {
      if (typeof value !== "object" || value === null) return undefined;
      value = (value as Record<string, unknown>)[token.replaceAll("~1", "/").replaceAll("~0", "~")];
    }
    return value;
  }

  /** The texts below a pointer, itself one perhaps. */
  parts(pointer: string): Part[] {
    const found: Part[] = [];
    this.#collect(this.#at(pointer), pointer, "", found);
    return found;
  }

  #collect(value: unknown, pointer: string, label: string, into: Part[]): void {
    if (typeof value === "string") {
      if (value !== "") into.push({ pointer, label, bytes: this.#length(pointer, value) });
    } else if (typeof value === "object" && value !== null) {
      for (const [key, member] of Object.entries(value)) {
        if (PLUMBING.has(key)) continue;
        const name = key.replaceAll("~", "~0").replaceAll("/", "~1");
        const own = Array.isArray(value) ? label : key;
        this.#collect(member, `${pointer}/${name}`, own, into);
      }
    }
  }

  #length(pointer: string, text: string): number {
    const known = this.#bytes.get(pointer);
    if (known !== undefined) return known;
    const bytes = utf8Length(text);
    this.#bytes.set(pointer, bytes);
    return bytes;
  }

  /** How many items the array at a pointer has; 0 for anything else. */
  count(pointer: string): number {
    const value = this.#at(pointer);
    return Array.isArray(value) ? value.length : 0;
  }

  /** Messages of the array at a pointer. */
  steps(pointer: string, from: number, to: number): Step[] {
    const messages = this.#at(pointer);
    if (!Array.isArray(messages)) return [];
    return messages.slice(from, to).map((message: unknown, at) => this.#step(message, pointer, from + at));
  }

  #step(message: unknown, pointer: string, index: number): Step {
    const parts = this.parts(`${pointer}/${String(index)}`);
    const first = parts.find(({ label }) => label === "content" || label === "text") ?? parts[0];
    const record = (typeof message === "object" && message !== null ? message : {}) as Record<
      string,
      unknown
    >;
    return {
      index,
      role: typeof record.role === "string" ? record.role.slice(0, TITLE) : "message",
      title: first ? this.text(first.pointer).slice(0, TITLE).replace(/\s+/g, " ").trim() : "",
      tools: parts
        .filter(({ label }) => label === "name")
        .map((part) => this.text(part.pointer).slice(0, TITLE)),
      parts,
    };
  }

  /** Marks ranges of a text; those from before are gone. */
  mark(pointer: string, spans: readonly ByteSpan[]): void {
    const offsets = utf16Offsets(
      this.text(pointer),
      spans.flatMap(({ start, end }) => [start, end]),
    );
    this.#spans.set(
      pointer,
      spans.map(({ id }, index) => ({
        id,
        start: offsets[2 * index] ?? 0,
        end: offsets[2 * index + 1] ?? 0,
      })),
    );
  }

  #layout({ pointer, columns, limit }: View): Layout {
    const key = `${String(columns)} ${String(limit)} ${pointer}`;
    let rows = this.#layouts.get(key);
    if (!rows) {
      const text = this.text(pointer);
      rows = layout(text, columns, limit === null ? text.length : prefixEnd(text, limit));
      if (this.#layouts.size >= MAX_LAYOUTS) this.#layouts.clear();
      this.#layouts.set(key, rows);
    }
    return rows;
  }

  info(view: View): TextInfo {
    const text = this.text(view.pointer);
    const rows = this.#layout(view);
    return {
      bytes: this.#length(view.pointer, text),
      rows: rows.starts.length,
      isCut: rows.end < text.length,
    };
  }

  rows(view: View, from: number, to: number): Row[] {
    const text = this.text(view.pointer);
    const { starts, lines, end } = this.#layout(view);
    const spans = this.#spans.get(view.pointer) ?? [];
    const rows: Row[] = [];
    for (let index = Math.max(0, from); index < Math.min(to, starts.length); index++) {
      const start = starts[index] ?? 0;
      let stop = starts[index + 1] ?? end;
      // The end of a line is not drawn.
      if (stop > start && text.charCodeAt(stop - 1) === 0x0a) stop--;
      if (stop > start && text.charCodeAt(stop - 1) === 0x0d && text.charCodeAt(stop) === 0x0a) stop--;
      const line = lines[index] ?? 1;
      const isFirst = lines[index - 1] !== line;
      rows.push({
        line: isFirst ? line : null,
        direction: direction(text.slice(start, stop)),
        pieces: cut(text, start, stop, spans),
      });
    }
    return rows;
  }

  /** The row in which a mark begins; null where it begins behind what is shown. */
  rowOf(view: View, id: number): number | null {
    const span = this.#spans.get(view.pointer)?.find((one) => one.id === id);
    const rows = this.#layout(view);
    if (!span || span.start > rows.end || (span.start === rows.end && span.end > rows.end)) return null;
    return rowAt(rows, span.start);
  }
}
