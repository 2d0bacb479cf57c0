/** Two runs over the same candidates: which belong together, and what changed. */

import type { Schema } from "../../api/client";
import { changeOf, type Change } from "./change";

export interface Judged {
  id: string;
  metadata: Readonly<Record<string, string>>;
  /** Strategy and model: another judge is another instrument. */
  judge: string;
  /** Of a comparison: the share of the votes for the first. */
  score: number | null;
  /** Of a comparison: which of the two won. */
  winner: Schema<"Side"> | null;
  passed: boolean | null;
  criteria: ReadonlyMap<string, number | null>;
}

export function judgedOf(evaluation: Schema<"Evaluation">): Judged {
  const { assessment } = evaluation;
  return {
    id: evaluation.id,
    metadata: evaluation.metadata,
    judge: `${evaluation.strategy} ${evaluation.model ?? ""}`,
    score: assessment?.preference?.probability_first ?? assessment?.score ?? null,
    winner: assessment?.preference?.winner ?? null,
    passed: assessment?.passed ?? null,
    criteria: new Map((assessment?.criteria ?? []).map(({ name, normalized }) => [name, normalized ?? null])),
  };
}

export interface Match {
  key: string;
  before: Judged;
  after: Judged;
  /** Null where one of them has no score. */
  change: number | null;
}

export interface Comparison {
  /** The label of the metadata by which candidates are told apart. */
  by: string;
  matches: Match[];
  onlyBefore: number;
  onlyAfter: number;
  score: Change;
  criteria: { name: string; change: Change; isIn: "both" | "before" | "after" }[];
  /** Whether they are comparisons: flips are then to the first and away from it, and nothing passes. */
  isOfPairs: boolean;
  gained: Match[];
  lost: Match[];
  /** Pairs that passed before and after, and of how many both is known. */
  passed: { before: number; after: number; n: number };
}

/** The names that such labels usually have, the likeliest first. */
const USUAL = ["case", "candidate", "task", "title", "input", "name", "id"];

/** The labels that tell candidates apart: the one that most of both runs have in common, once each, is the first. */
export function keysOf(before: readonly Judged[], after: readonly Judged[]): string[] {
  const names = new Set([...before, ...after].flatMap(({ metadata }) => Object.keys(metadata)));
  const rank = (name: string): number => (USUAL.includes(name) ? USUAL.indexOf(name) : USUAL.length);
  return [...names]
    .map((name) => ({ name, common: commonOf(name, before, after) }))
    .filter(({ common }) => common > 0)
    .sort((a, b) => b.common - a.common || rank(a.name) - rank(b.name) || a.name.localeCompare(b.name))
    .map(({ name }) => name);
}

function commonOf(name: string, before: readonly Judged[], after: readonly Judged[]): number {
  const others = new Set(after.map(({ metadata }) => metadata[name]));
  const own = new Set(before.flatMap(({ metadata }) => metadata[name] ?? []));
  return [...own].filter((value) => others.has(value)).length;
}

/** All of each candidate, the newest first, as runs come. */
function byKey(name: string, run: readonly Judged[]): Map<string, Judged[]> {
  const found = new Map<string, Judged[]>();
  for (const judged of run) {
    const key = judged.metadata[name];
    if (key !== undefined) found.set(key, [...(found.get(key) ?? []), judged]);
  }
  return found;
}

/** The newest two of a candidate by the same judge that both have a score; else what comes nearest to that. */
function pairOf(before: readonly Judged[], after: readonly Judged[]): [Judged, Judged] | null {
  const tests: ((one: Judged, other: Judged) => boolean)[] = [
    (one, other) => one.judge === other.judge && one.score !== null && other.score !== null,
    (one, other) => one.score !== null && other.score !== null,
    (one, other) => one.judge === other.judge,
    () => true,
  ];
  for (const fits of tests)
    for (const one of before) {
      const other = after.find((candidate) => fits(one, candidate));
      if (other) return [one, other];
    }
  return null;
}

/** How near to the first a winner is. */
const rank = ({ winner }: Judged): number => (winner === "first" ? 2 : winner === "tie" ? 1 : 0);

export function compare(before: readonly Judged[], after: readonly Judged[], by: string): Comparison {
  const [first, second] = [byKey(by, before), byKey(by, after)];
  const matches: Match[] = [];
  for (const [key, all] of first) {
    const pair = pairOf(all, second.get(key) ?? []);
    if (!pair) continue;
    const [one, other] = pair;
    const change = one.score === null || other.score === null ? null : other.score - one.score;
    matches.push({ key, before: one, after: other, change });
  }
  const names = new Set(
    matches.flatMap((match) => [...match.before.criteria.keys(), ...match.after.criteria.keys()]),
  );
  const has = (side: "before" | "after", name: string): boolean =>
    matches.some((match) => match[side].criteria.has(name));
  const known = matches.filter((match) => match.before.passed !== null && match.after.passed !== null);
  const won = matches.filter(({ before, after }) => before.winner !== null && after.winner !== null);
  const isOfPairs = won.length > 0;
  return {
    by,
    matches,
    onlyBefore: first.size - matches.length,
    onlyAfter: second.size - matches.length,
    score: changeOf(matches.map((match) => [match.before.score, match.after.score])),
    criteria: [...names].map((name) => ({
      name,
      change: changeOf(
        matches.map((match) => [match.before.criteria.get(name), match.after.criteria.get(name)]),
      ),
      isIn: !has("after", name) ? "before" : !has("before", name) ? "after" : "both",
    })),
    isOfPairs,
    gained: isOfPairs
      ? won.filter(({ before, after }) => rank(after) > rank(before))
      : known.filter((match) => !match.before.passed && match.after.passed),
    lost: isOfPairs
      ? won.filter(({ before, after }) => rank(after) < rank(before))
      : known.filter((match) => match.before.passed && !match.after.passed),
    passed: {
      before: known.filter((match) => match.before.passed).length,
      after: known.filter((match) => match.after.passed).length,
      n: known.length,
    },
  };
}
