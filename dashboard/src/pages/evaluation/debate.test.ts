import { expect, test } from "vitest";

import type { Schema } from "../../api/client";
import { readArgument, tableOf } from "./debate";

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
