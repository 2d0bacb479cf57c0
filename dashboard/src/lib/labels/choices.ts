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
}

/** Steps of a scale that has no few values of its own. */
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
    choices: isComparison ? SIDES : steps(0, 1, (value) => formatScore(value)),
  };
  return [
    whole,
    ...criteria.map(({ name, scale }) => ({
      criterion: name,
      choices: isComparison ? SIDES : choicesOf(scale),
    })),
  ];
}

/** The values of a scale; without one it goes from 1 to 5, as the API has it. */
export function choicesOf(scale: Schema<"Scale"> | undefined): Choice[] {
  if (scale?.type === "boolean")
    return [
      { key: "1", label: "yes", score: 1 },
      { key: "0", label: "no", score: 0 },
    ];
  if (scale?.type === "categories") {
    const ordered = Object.entries(scale.values).sort(([, a], [, b]) => a - b);
    // More than the keyboard has digits are chosen with the mouse.
    return ordered.map(([label, score], index) => ({
      key: index < 9 ? String(index + 1) : "",
      label,
      score,
    }));
  }
  const { min, max } = scale ?? { min: 1, max: 5 };
  const hasDigits = Number.isInteger(min) && Number.isInteger(max) && min >= 0 && max <= 9;
  if (!hasDigits) return steps(min, max, (value) => String(Number(value.toPrecision(3))));
  return Array.from({ length: max - min + 1 }, (_, index) => {
    const score = min + index;
    return { key: String(score), label: String(score), score };
  });
}

function steps(min: number, max: number, write: (value: number) => string): Choice[] {
  return Array.from({ length: STEPS }, (_, index) => {
    const score = min + ((max - min) * index) / (STEPS - 1);
    return { key: String(index + 1), label: write(score), score };
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
