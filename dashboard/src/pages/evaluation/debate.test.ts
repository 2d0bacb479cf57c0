import { expect, test } from "vitest";

import type { Schema } from "../../api/client";
import { anchorOf, debatesOf, readArgument, tableOf } from "./debate";

const word = (name: string, round: number, more: Partial<Schema<"JudgeWord">> = {}): Schema<"JudgeWord"> => ({
  name,
  round,
  model: "m",
  provider: "p",
  role: "debater",
  rationale: "",
  ...more,
});

test("each debater has a column, each round a row, whatever the order of the words", () => {
  const table = tableOf([
    word("B", 1, { moved: { from: 0.2, to: 0.6, by: "A0.clear" } }),
    word("A", 0),
    word("B", 0),
    word("M", 2, { role: "moderator" }),
  ]);
  expect(table.names).toEqual(["A", "B"]);
  expect(table.rounds.map(({ round, words }) => [round, words.map((one) => one?.name ?? null)])).toEqual([
    [0, ["A", "B"]],
    [1, [null, "B"]],
  ]);
  expect(table.others.map(({ role }) => role)).toEqual(["moderator"]);
  expect(table.moves.map(({ name }) => name)).toEqual(["B"]);
});

test("the name of an argument says whose it is, and on what", () => {
  expect(readArgument("B1.task fulfilment")).toEqual({
    debater: "B",
    round: 1,
    criterion: "task fulfilment",
  });
  expect(readArgument("A0.v1.2")).toEqual({ debater: "A", round: 0, criterion: "v1.2" });
  expect(readArgument("something else")).toBe(null);
});

test("a cascade of two debates has a table for each, and its anchors are apart", () => {
  const words = [word("A", 0, { stage: "first" }), word("A", 0, { stage: "then", swapped: true })];
  const judge = word("", 1, { role: "judge", stage: "first" });
  expect(debatesOf(words)).toEqual({
    debates: [
      { stage: "first", words: words.slice(0, 1) },
      { stage: "then", words: words.slice(1) },
    ],
    others: [],
  });
  expect(debatesOf([judge, ...words.slice(1)])).toEqual({
    debates: [{ stage: "then", words: words.slice(1) }],
    others: [judge],
  });
  expect(words.map((one) => anchorOf(one, "B", 1))).toEqual(["word-first-B-1", "word-then-swapped-B-1"]);
});
