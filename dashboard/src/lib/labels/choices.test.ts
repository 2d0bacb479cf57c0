import { expect, test } from "vitest";

import { choicesOf, labelsOf, questionsOf } from "./choices";

const keys = (scale: Parameters<typeof choicesOf>[0]): string[] =>
  choicesOf(scale).map(({ key, score }) => `${key}=${String(score)}`);

test("each value of a scale has a key", () => {
  expect(keys({ type: "numeric", min: 1, max: 5 })).toEqual(["1=1", "2=2", "3=3", "4=4", "5=5"]);
  expect(keys({ type: "boolean" })).toEqual(["1=1", "0=0"]);
  expect(keys({ type: "categories", values: { good: 1, poor: 0, fair: 0.5 } })).toEqual([
    "1=0",
    "2=0.5",
    "3=1",
  ]);
  expect(keys({ type: "numeric", min: 1, max: 10 }).slice(7)).toEqual(["8=8", "9=9", "0=10"]);
  expect(keys({ type: "numeric", min: 0, max: 10 })).toHaveLength(11);
  expect(keys({ type: "numeric", min: 0, max: 10 }).slice(9)).toEqual(["9=9", "=10"]);
  expect(keys({ type: "numeric", min: -2, max: 2 })).toEqual(["1=-2", "2=-1", "3=0", "4=1", "5=2"]);
  expect(keys({ type: "numeric", min: 5, max: 14 }).slice(4)).toEqual([
    "5=9",
    "6=10",
    "7=11",
    "8=12",
    "9=13",
    "0=14",
  ]);
  expect(keys(undefined)).toEqual(["1=1", "2=2", "3=3", "4=4", "5=5"]);
});

test("a number is written where a scale has too many values for buttons", () => {
  for (const [min, max] of [
    [0, 100],
    [0, 1],
    [1000, 1001.5],
  ] as const) {
    const scale = { type: "numeric", min, max } as const;
    expect(questionsOf(false, [{ name: "clear", scale }])[1]).toMatchObject({
      choices: [],
      range: { min, max },
    });
  }
});

test("what was not answered is not posted, and a note belongs to the whole", () => {
  const questions = questionsOf(false, [{ name: "clear" }, { name: "true", scale: { type: "boolean" } }]);
  const yes = questions[2]?.choices[0];
  if (!yes) throw new Error("there is no such choice");
  expect(labelsOf(questions, new Map([["true", yes]]), " rater-1 ", " why ")).toEqual([
    { rater: "rater-1", note: "why" },
    { rater: "rater-1", criterion: "true", score: 1 },
  ]);
  expect(labelsOf(questions, new Map(), "rater-1", "  ")).toEqual([]);
});

test("a comparison is answered by a side, never by a score", () => {
  const questions = questionsOf(true, [{ name: "clear" }]);
  const tie = questions[1]?.choices[2];
  if (!tie) throw new Error("there is no such choice");
  expect(labelsOf(questions, new Map([["clear", tie]]), "rater-1", "")).toEqual([
    { rater: "rater-1", criterion: "clear", preference: "tie" },
  ]);
});
