import { expect, test } from "vitest";

import { direction, layout, rowAt } from "./rows";

const rowsOf = (text: string, columns: number): string[] => {
  const { starts, end } = layout(text, columns);
  return starts.map((start, index) => text.slice(start, starts[index + 1] ?? end));
};

test("lines break at blanks, and long words anywhere", () => {
  expect(rowsOf("one two three", 8)).toEqual(["one two ", "three"]);
  expect(rowsOf("abcdefghij", 4)).toEqual(["abcd", "efgh", "ij"]);
});

test("nothing is lost or doubled, whatever the text", () => {
  const texts = [
    "",
    "\n",
    "\n\n",
    "a\n",
    "a\r\nb",
    "x".repeat(1000),
    "👩‍👩‍👧".repeat(50),
    "e\u0301".repeat(500),
    "a\t\tb\n日本語".repeat(20),
  ];
  for (const text of texts) for (const columns of [16, 40]) expect(rowsOf(text, columns).join("")).toBe(text);
});

test("no row ends within a character", () => {
  for (const row of rowsOf("👩‍👩‍👧".repeat(40), 16)) {
    expect(/\p{Surrogate}/u.test(row)).toBe(false);
    expect(row.startsWith("\u200d")).toBe(false);
  }
  for (const row of rowsOf("e\u0301".repeat(100), 16)) expect(row.startsWith("\u0301")).toBe(false);
});

test("a character under any number of marks still makes rows that end", () => {
  for (const row of rowsOf("a" + "\u0301".repeat(10_000), 16))
    expect(row.length).toBeLessThanOrEqual(16 * 4 + 1);
});

test("lines are counted, not rows", () => {
  expect(layout("aaaa bbbb\nc\n\nd", 16).lines).toEqual([1, 2, 3, 4]);
  expect(layout("x".repeat(40) + "\ny", 16).lines).toEqual([1, 1, 1, 2]);
});

test("a line feed at the end begins no line, as everywhere", () => {
  expect(layout("a\nb\n", 80).lines).toEqual([1, 2]);
  expect(layout("", 80).lines).toEqual([1]);
});

test("a place is in the row that holds it", () => {
  const rows = layout("one two three\nfour", 8);
  expect([0, 7, 8, 13, 14, 18].map((place) => rowAt(rows, place))).toEqual([0, 0, 1, 1, 2, 2]);
});

test("a line runs as its first letter does", () => {
  expect(direction("שלום world")).toBe("rtl");
  expect(direction("(12) مرحبا")).toBe("rtl");
  expect(direction("hello שלום")).toBe("ltr");
  expect(direction("123 ---")).toBe("ltr");
});
