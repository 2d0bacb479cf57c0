/** A debate as a table: a column for each debater, a row for each round. */

import type { Schema } from "../../api/client";

type JudgeWord = Schema<"JudgeWord">;

export interface Debate {
  /** Of a cascade. */
  stage: Schema<"StageName"> | null;
  words: JudgeWord[];
}

/** The debates among the words, one at most of each stage, and what others say. */
export function debatesOf(judges: readonly JudgeWord[]): { debates: Debate[]; others: JudgeWord[] } {
  const stages = new Set(judges.filter(({ role }) => role === "debater").map(({ stage }) => stage ?? null));
  return {
    debates: [...stages].map((stage) => ({
      stage,
      words: judges.filter((word) => (word.stage ?? null) === stage),
    })),
    others: judges.filter(({ stage }) => !stages.has(stage ?? null)),
  };
}

export interface Table {
  /** The debaters' names, in order. */
  names: string[];
  rounds: { round: number; words: (JudgeWord | null)[] }[];
  /** What others than debaters say, such as a moderator. */
  others: JudgeWord[];
  /** Those who changed their position. */
  moves: JudgeWord[];
}

/** Of one debate. */
export function tableOf(judges: readonly JudgeWord[]): Table {
  const debaters = judges.filter(({ role }) => role === "debater");
  const names = [...new Set(debaters.map(nameOf))].sort();
  const rounds = [...new Set(debaters.map(({ round }) => round))].sort((a, b) => a - b);
  return {
    names,
    rounds: rounds.map((round) => ({
      round,
      words: names.map(
        (name) => debaters.find((word) => word.round === round && nameOf(word) === name) ?? null,
      ),
    })),
    others: judges.filter(({ role }) => role !== "debater"),
    moves: debaters.filter(({ moved }) => moved != null),
  };
}

function nameOf({ name, swapped, model }: JudgeWord): string {
  // In a comparison in both orders each debater is there twice.
  return `${name ?? model}${swapped === true ? ", second first" : ""}`;
}

/** The argument `B1.correctness`: who, in which round, on what. */
export interface Argument {
  debater: string;
  round: number;
  criterion: string | null;
}

export function readArgument(reference: string): Argument | null {
  const found = /^([A-Z]+)(\d+)(?:\.(.+))?$/s.exec(reference);
  if (!found) return null;
  return { debater: found[1] ?? "", round: Number(found[2]), criterion: found[3] ?? null };
}

/** The element of what a debater says in a round, in the debate and the order of candidates to which a word belongs. */
export function anchorOf({ stage, swapped }: JudgeWord, name: string, round: number): string {
  return `word-${stage ?? ""}${swapped === true ? "-swapped" : ""}-${name}-${String(round)}`;
}
