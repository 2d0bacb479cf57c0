/** What a person can say of an evaluation with one key. */

import type { Schema } from "../../api/client";
import { formatScore } from "../format";

export interface Choice {
  /** The key of the keyboard. */
  key: string;
  label: string;
  score?: number;
  preference?: Schema<"Side">;
}

export interface Question {
  /** Null: the whole. */
  criterion: string | null;
  choices: Choice[];
  /** Of a scale with too many values for buttons, which has no choices: a number is written. */
  range?: { min: number; max: number };
}

/** So many values of a scale have a button each. */
const MOST = 11;
/** Steps of the whole, which has no scale of its own. */
const STEPS = 5;

const SIDES: Choice[] = [
  { key: "1", label: "the first", preference: "first" },
  { key: "2", label: "the second", preference: "second" },
  { key: "0", label: "a tie", preference: "tie" },
];

/** The questions of an evaluation: the whole, and each criterion whose scale is known. */
export function questionsOf(isComparison: boolean, criteria: readonly Schema<"Criterion">[]): Question[] {
  const whole: Question = {
    criterion: null,
    choices: isComparison ? SIDES : steps(),
  };
  return [
    whole,
    ...criteria.map(({ name, scale }) => {
      const choices = isComparison ? SIDES : choicesOf(scale);
      return {
        criterion: name,
        choices,
        ...(choices.length === 0 && scale?.type === "numeric" ? { range: scale } : {}),
      };
    }),
  ];
}

/** The values of a scale, none where they are too many; without one it goes from 1 to 5, as the API has it. */
export function choicesOf(scale: Schema<"Scale"> | undefined): Choice[] {
  if (scale?.type === "boolean")
    return [
      { key: "1", label: "yes", score: 1 },
      { key: "0", label: "no", score: 0 },
    ];
  if (scale?.type === "categories") {
    const ordered = Object.entries(scale.values).sort(([, a], [, b]) => a - b);
    return ordered.map(([label, score], index) => ({ key: keyOf(index), label, score }));
  }
  const { min, max } = scale ?? { min: 1, max: 5 };
  // From 0 to 1 what lies between is meant, too.
  if (!Number.isInteger(min) || !Number.isInteger(max) || max - min < 2 || max - min >= MOST) return [];
  return Array.from({ length: max - min + 1 }, (_, index) => {
    const score = min + index;
    // `0` is 10 where the scale has no 0; a scale beyond those has the keys in their order.
    const key = min < 0 || max > 10 ? keyOf(index) : score < 10 ? String(score) : min > 0 ? "0" : "";
    return { key, label: String(score), score };
  });
}

/** The keys in their order; more than ten are chosen with the mouse. */
function keyOf(index: number): string {
  return index < 10 ? String((index + 1) % 10) : "";
}

function steps(): Choice[] {
  return Array.from({ length: STEPS }, (_, index) => {
    const score = index / (STEPS - 1);
    return { key: String(index + 1), label: formatScore(score), score };
  });
}

/** What is posted: one label for each question that was answered; the note belongs to the whole. */
export function labelsOf(
  questions: readonly Question[],
  answers: ReadonlyMap<string | null, Choice>,
  rater: string,
  note: string,
): Schema<"NewLabel">[] {
  const labels: Schema<"NewLabel">[] = [];
  for (const { criterion } of questions) {
    const choice = answers.get(criterion);
    const words = criterion === null ? note.trim() : "";
    if (!choice && words === "") continue;
    labels.push({
      rater: rater.trim(),
      ...(criterion === null ? {} : { criterion }),
      ...(choice?.score === undefined ? {} : { score: choice.score }),
      ...(choice?.preference === undefined ? {} : { preference: choice.preference }),
      ...(words === "" ? {} : { note: words }),
    });
  }
  return labels;
}
