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
  expect(keys({ type: "numeric", min: 0, max: 100 })).toEqual(["1=0", "2=25", "3=50", "4=75", "5=100"]);
  expect(keys(undefined)).toEqual(["1=1", "2=2", "3=3", "4=4", "5=5"]);
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
