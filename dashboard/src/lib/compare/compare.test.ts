import { expect, test } from "vitest";

import { changeOf, studentT } from "./change";
import type { Schema } from "../../api/client";
import { compare, judgedOf, keysOf, type Judged } from "./runs";
import { formatChange, verdictOf } from "./write";

const judged = (id: string, key: string, score: number | null, passed: boolean | null = null): Judged => ({
  id,
  metadata: { case: key, run: id[0] ?? "" },
  judge: "direct",
  score,
  winner: null,
  passed,
  criteria: new Map([["clear", score]]),
});

test("a paired change has the interval of its differences", () => {
  // scipy.stats.ttest_rel([.5, .6, .9, .4], [.6, .8, .9, .7]).confidence_interval(), turned around.
  const change = changeOf([
    [0.5, 0.6],
    [0.6, 0.8],
    [0.9, 0.9],
    [0.4, 0.7],
  ]);
  expect(change.mean).toBeCloseTo(0.15, 9);
  expect(change.interval?.low).toBeCloseTo(-0.05543, 3);
  expect(change.interval?.high).toBeCloseTo(0.35543, 3);
  expect(verdictOf(change)).toBe("unclear");
});

test("a pair without one of its values is counted and not used", () => {
  const change = changeOf([
    [null, 0.4],
    [0.5, undefined],
    [0.2, 0.4],
  ]);
  expect(change).toMatchObject({ n: 1, unused: 2, interval: null });
  expect(change.mean).toBeCloseTo(0.2, 9);
  expect(changeOf([])).toMatchObject({ n: 0, mean: null, interval: null });
});

test("quantiles agree with tables", () => {
  expect(studentT(1)).toBeCloseTo(12.706, 3);
  expect(studentT(30)).toBeCloseTo(2.042, 3);
  expect(studentT(31)).toBeCloseTo(2.0395, 3);
  expect(studentT(60)).toBeCloseTo(2.0003, 3);
  expect(studentT(1000)).toBeCloseTo(1.9623, 3);
});

test("flips are told both ways, and the newest of a candidate counts", () => {
  const before = [
    judged("b1", "x", 0.9, true),
    judged("b2", "y", 0.2, false),
    judged("b3", "z", 0.5, null),
    judged("b4", "x", 0.1, false),
  ];
  const after = [
    judged("a1", "x", 0.3, false),
    judged("a2", "y", 0.8, true),
    judged("a3", "z", null, null),
    judged("a4", "new", 1, true),
  ];
  const result = compare(before, after, "case");
  expect(result.matches.map(({ key }) => key)).toEqual(["x", "y", "z"]);
  expect(result.lost.map(({ before: { id } }) => id)).toEqual(["b1"]);
  expect(result.gained.map(({ after: { id } }) => id)).toEqual(["a2"]);
  expect(result).toMatchObject({ onlyBefore: 0, onlyAfter: 1, passed: { before: 1, after: 1, n: 2 } });
  expect(result.score).toMatchObject({ n: 2, unused: 1 });
});

test("like is compared with like: the same judge, and with a score", () => {
  const before = [{ ...judged("b1", "x", 0.1), judge: "small" }, judged("b2", "x", 0.5)];
  const after = [
    judged("a1", "x", null),
    { ...judged("a2", "x", 0.9), judge: "large" },
    judged("a3", "x", 0.6),
  ];
  const [match] = compare(before, after, "case").matches;
  expect([match?.before.id, match?.after.id]).toEqual(["b2", "a3"]);
  // Two judges are what is compared here.
  const others = compare([before[0] ?? judged("b", "x", 0)], after.slice(0, 2), "case").matches[0];
  expect([others?.before.id, others?.after.id]).toEqual(["b1", "a2"]);
});

test("candidates are paired by the label that most have in common, not by that of the run", () => {
  expect(
    keysOf([judged("b1", "x", 1), judged("b2", "y", 1)], [judged("a1", "x", 1), judged("a2", "y", 1)]),
  ).toEqual(["case"]);
});

test("a change that rounds to nothing has no sign", () => {
  expect([0.001, -0.001, 0.126, -0.126, null].map(formatChange)).toEqual([
    "0.00",
    "0.00",
    "+0.13",
    "−0.13",
    "–",
  ]);
});

test("of comparisons the winner flips, both ways", () => {
  const pair = (id: string, key: string, share: number, winner: "first" | "second" | "tie"): Judged => ({
    ...judged(id, key, share),
    winner,
  });
  const before = [pair("b1", "x", 1, "first"), pair("b2", "y", 0, "second"), pair("b3", "z", 0.5, "tie")];
  const after = [pair("a1", "x", 0, "second"), pair("a2", "y", 0.5, "tie"), pair("a3", "z", 0.5, "tie")];
  const result = compare(before, after, "case");
  expect(result.isOfPairs).toBe(true);
  expect(result.lost.map(({ key }) => key)).toEqual(["x"]);
  expect(result.gained.map(({ key }) => key)).toEqual(["y"]);
  expect(result.score.mean).toBeCloseTo(-1 / 6, 9);
});

test("a comparison has the share of the first as its score", () => {
  const assessment = { criteria: [], preference: { winner: "first", probability_first: 0.75 } };
  expect(
    judgedOf({
      id: "a",
      metadata: {},
      strategy: "direct",
      model: "m",
      assessment,
    } as unknown as Schema<"Evaluation">),
  ).toMatchObject({ score: 0.75, winner: "first", passed: null });
});
