import { expect, test } from "vitest";

import { diffLines } from "./diff";

const signs = { same: " ", removed: "-", added: "+" } as const;
const written = (before: string[], after: string[]): string[] =>
  diffLines(before, after).map(({ kind, text }) => signs[kind] + text);

test("what stays, goes and comes is told apart", () => {
  expect(written(["a", "b", "c"], ["a", "x", "c", "d"])).toEqual([" a", "-b", "+x", " c", "+d"]);
  expect(written([], ["a"])).toEqual(["+a"]);
  expect(written(["a"], [])).toEqual(["-a"]);
  expect(written(["a", ""], ["a", ""])).toEqual([" a", " "]);
});

test("both sides can be read off it again", () => {
  const [before, after] = [
    ["1", "2", "2", "3", "", "4"],
    ["2", "3", "3", "", "5", "1"],
  ];
  const lines = diffLines(before, after);
  expect(lines.filter(({ kind }) => kind !== "added").map(({ text }) => text)).toEqual(before);
  expect(lines.filter(({ kind }) => kind !== "removed").map(({ text }) => text)).toEqual(after);
});
