import { expect, test } from "vitest";

import { TextDocument } from "./document";
import { gaps } from "./gaps";
import { heightOf, scrollTo, windowAt } from "./virtual";

const view = (pointer: string, limit: number | null = null) => ({ pointer, columns: 40, limit });

test("a quote is found at its bytes, in the row that it stands in", () => {
  const output = "שורה ראשונה\n👩‍👩‍👧 second line with words\nthird";
  const document = new TextDocument({ output });
  const encode = (text: string): number => new TextEncoder().encode(text).length;
  const start = encode(output.slice(0, output.indexOf("with")));
  document.mark("/output", [{ id: 4, start, end: start + 4 }]);
  expect(document.rowOf(view("/output"), 4)).toBe(1);
  const [, row] = document.rows(view("/output"), 0, 3);
  expect(row?.pieces.find(({ marks }) => marks.includes(4))?.text).toBe("with");
  expect(document.rows(view("/output"), 0, 3).map((one) => one.direction)).toEqual(["rtl", "ltr", "ltr"]);
});

test("a preview ends where it has to, and says so; a quote behind it is not in it", () => {
  const document = new TextDocument({ output: "a".repeat(100) + "\n" + "b".repeat(100) });
  const preview = view("/output", 64);
  expect(document.info(preview)).toEqual({ bytes: 201, rows: 2, isCut: true });
  document.mark("/output", [{ id: 1, start: 150, end: 160 }]);
  expect(document.rowOf(preview, 1)).toBe(null);
  expect(document.rowOf(view("/output"), 1)).toBe(4);
});

test("pointers are read as RFC 6901 has them", () => {
  const document = new TextDocument({ trajectory: [{ "a/b": { "c~d": "deep" } }] });
  expect(document.text("/trajectory/0/a~1b/c~0d")).toBe("deep");
  expect(document.text("/trajectory/9/x")).toBe("");
  expect(document.parts("/trajectory/0")).toEqual([
    { pointer: "/trajectory/0/a~1b/c~0d", label: "c~d", bytes: 4 },
  ]);
});

test("a message's title is what it says, and its tools are named", () => {
  const message = {
    role: "assistant",
    content: "I look\nat it.",
    tool_calls: [{ id: "c1", function: { name: "run", arguments: "{}" } }],
  };
  const [step] = new TextDocument({ trajectory: [message] }).steps("/trajectory", 0, 5);
  expect(step).toMatchObject({ index: 0, role: "assistant", title: "I look at it.", tools: ["run"] });
  expect(step?.parts.map(({ label }) => label)).toEqual(["content", "name", "arguments"]);
});

test("the end of a line is not drawn", () => {
  const document = new TextDocument({ output: "a\r\nb\rc\n" });
  const rows = document.rows(view("/output"), 0, 9).map(({ pieces }) => pieces.map(({ text }) => text));
  expect(rows).toEqual([["a"], ["b", "CR", "c"]]);
});

test("of a long list only parts are shown, and what lies between is known", () => {
  expect(
    gaps(
      [
        { from: 0, to: 3 },
        { from: 2, to: 5 },
        { from: 8, to: 20 },
      ],
      10,
    ),
  ).toEqual([
    { from: 0, to: 5, isGap: false },
    { from: 5, to: 8, isGap: true },
    { from: 8, to: 10, isGap: false },
  ]);
});

test("the last of more rows than a browser can be high is reached", () => {
  const rows = 5_000_000;
  const [viewport, height] = [600, heightOf(rows)];
  expect(height).toBeLessThan(10_000_000);
  expect(windowAt(rows, height - viewport, viewport).to).toBe(rows);
  for (const row of [0, 1_234_567, rows - 1]) {
    const { from, to } = windowAt(rows, scrollTo(row, rows, viewport), viewport);
    expect(from).toBeLessThanOrEqual(row);
    expect(to).toBeGreaterThan(row);
  }
});
