import { expect, test } from "vitest";

import { reasonsOf, tableOf } from "./figures";

const cell = (human: string, judge: string, count: number) => ({ human, judge, count, cases: [] });

test("a confusion table has every cell, with its share of what people say", () => {
  const table = tableOf({
    values: ["not_passed", "passed"],
    cells: [cell("not_passed", "passed", 1), cell("not_passed", "not_passed", 3)],
  });
  expect(table.map(({ human, sum }) => [human, sum])).toEqual([
    ["not_passed", 4],
    ["passed", 0],
  ]);
  expect(table[0]?.cells.map(({ count, share, isAgreed }) => [count, share, isAgreed])).toEqual([
    [3, 0.75, true],
    [1, 0.25, false],
  ]);
  expect(table[1]?.cells.map(({ share }) => share)).toEqual([0, 0]);
});

test("only reasons that there are, the most frequent first", () => {
  const reasons = { failed: 0, note_only: 1, unscorable: 4 };
  expect(reasonsOf({ labelled: 9, unused: 5, share: 0.4, reasons })).toEqual([
    ["unscorable", 4],
    ["note_only", 1],
  ]);
});
