import { expect, test } from "vitest";

import type { Schema } from "../../api/client";
import { doubtsOf } from "./doubt";

const scored = (more: Partial<Schema<"Assessment">>): Schema<"Assessment"> => ({
  outcome: "scored",
  score: 0.9,
  criteria: [],
  flags: [],
  judges: [],
  model_requested: "m",
  model_used: [],
  prompt_version: "v",
  ...more,
});
const judge = (round: number, score: number): Schema<"JudgeWord"> => ({
  model: "m",
  provider: "p",
  role: "debater",
  rationale: "",
  round,
  score,
});
const kinds = (more: Partial<Schema<"Assessment">>, threshold: number | null = 0.7): string[] =>
  doubtsOf(scored(more), threshold).map(({ kind }) => kind);

test("a clear score leaves no doubt", () => {
  expect(kinds({})).toEqual([]);
  expect(kinds({ score: 0.7 }, null)).toEqual([]);
});

test("no score, a score near the mark, and an interval over it are in doubt", () => {
  expect(kinds({ outcome: "unscorable", reason: "refused", score: null })).toEqual(["unscorable"]);
  expect(kinds({ score: 0.72 })).toEqual(["near"]);
  expect(
    kinds({
      score: 0.8,
      uncertainty: { low: 0.65, high: 0.95, method: "student_t_95", samples: 3, std: 0.05, unusable: 0 },
    }),
  ).toEqual(["near"]);
});

test("of a debate only the last round tells whether they disagree", () => {
  expect(kinds({ judges: [judge(0, 0.2), judge(0, 0.9), judge(1, 0.85), judge(1, 0.9)] })).toEqual([]);
  expect(kinds({ judges: [judge(0, 0.9), judge(0, 0.9), judge(1, 0.4), judge(1, 0.9)] })).toEqual([
    "disagreement",
  ]);
});

test("of a cascade only the stage that decided tells whether they disagree", () => {
  const judges = [0.2, 0.9].flatMap((score) => [
    { ...judge(1, score), stage: "first" as const },
    { ...judge(1, 0.9), stage: "then" as const },
  ]);
  const decided = (by: "first" | "then") =>
    kinds({ judges, cascade: { decided_by: by, reason: "disagreement", detail: "", stages: [] } });
  expect([decided("first"), decided("then")]).toEqual([["disagreement"], []]);
});

test("a winner that depends on the order is a disagreement", () => {
  expect(
    kinds({ score: null, preference: { winner: "first", probability_first: 0.5, order_dependent: true } }),
  ).toEqual(["disagreement"]);
});
