import { expect, test } from "vitest";

import { controlName, mayHoldControls } from "./controls";
import { cut, named, split } from "./pieces";

const drawn = (pieces: ReturnType<typeof cut>): [string, number[]][] =>
  pieces.map(({ text, marks }) => [text, marks]);

test("quotes that overlap share what is under both", () => {
  const pieces = cut("abcdefgh", 0, 8, [
    { id: 1, start: 1, end: 5 },
    { id: 2, start: 3, end: 7 },
    { id: 3, start: 3, end: 4 },
  ]);
  expect(drawn(pieces)).toEqual([
    ["a", []],
    ["bc", [1]],
    ["d", [1, 2, 3]],
    ["e", [1, 2]],
    ["fg", [2]],
    ["h", []],
  ]);
  expect(pieces.map(({ begins }) => begins)).toEqual([[], [1], [2, 3], [], [], []]);
});

test("a quote over several rows begins in the first alone", () => {
  const spans = [{ id: 7, start: 2, end: 9 }];
  expect(cut("abcdefghij", 0, 5, spans).map(({ begins }) => begins)).toEqual([[], [7]]);
  const next = cut("abcdefghij", 5, 10, spans);
  expect(drawn(next)).toEqual([
    ["fghi", [7]],
    ["j", []],
  ]);
  expect(next[0]?.begins).toEqual([]);
});

test("an empty quote and one beside the row mark nothing", () => {
  const spans = [
    { id: 1, start: 2, end: 2 },
    { id: 2, start: 4, end: 9 },
  ];
  expect(drawn(cut("abcdefghij", 0, 4, spans))).toEqual([["abcd", []]]);
});

test("what turns text around is named, and all else is as it was", () => {
  expect(split("a\u202eb\u202c\u202cc")).toEqual([
    { text: "a", controls: 0 },
    { text: "RLO", controls: 1 },
    { text: "b", controls: 0 },
    { text: "PDF", controls: 2 },
    { text: "c", controls: 0 },
  ]);
  expect(split("\u200bhid\u{e0041}den\u0000")).toEqual([
    { text: "ZWSP", controls: 1 },
    { text: "hid", controls: 0 },
    { text: "TAG", controls: 1 },
    { text: "den", controls: 0 },
    { text: "NUL", controls: 1 },
  ]);
});

test("tags are seen in a text that has nothing else to see", () => {
  expect(split("a\u{e0041}")).toEqual([
    { text: "a", controls: 0 },
    { text: "TAG", controls: 1 },
  ]);
});

test("joined emoji and scripts that need joiners are left whole", () => {
  for (const text of ["👩‍👩‍👧", "می‌خواهم", "שלום", "a\tb"]) expect(split(text)).toEqual([{ text, controls: 0 }]);
});

test("where there is no markup, control characters are named in brackets", () => {
  expect(named("cod\u202eexe")).toBe("cod[RLO]exe");
  expect(named("plain שלום")).toBe("plain שלום");
});

test("fillers, joiners of graphemes and hidden selectors are named", () => {
  for (const code of [0x34f, 0x115f, 0x1160, 0x3164, 0xffa0, 0xe0100, 0xe01ef]) {
    expect(mayHoldControls(String.fromCodePoint(code))).toBe(true);
    expect(controlName(code)).toMatch(/^[A-Z]+$/);
  }
  expect(controlName(0xfe0f)).toBe(null);
});
