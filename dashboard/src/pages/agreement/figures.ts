/** The figures of agreement that are there, and why labels were not used. */

import type { Schema } from "../../api/client";

type Agreement = Schema<"Agreement">;

export interface Figure {
  name: string;
  /** What it says, for who does not know it by name. */
  says: string;
  /** The least that it can be: 0 for shares, −1 for those that may be worse than chance. */
  from: 0 | -1;
  /** Null where it is undefined. */
  estimate: Schema<"Estimate"> | null;
}

export function figuresOf(agreement: Agreement): Figure[] {
  const { passing } = agreement;
  const figures: Figure[] = [
    { name: "Accuracy", says: "the same value", from: 0, estimate: agreement.accuracy },
    { name: "Cohen's kappa", says: "beyond chance", from: -1, estimate: agreement.kappa },
    {
      name: "Krippendorff's alpha",
      says: "beyond chance, by how far apart",
      from: -1,
      estimate: agreement.krippendorff_alpha,
    },
    { name: "Spearman's rho", says: "the same order", from: -1, estimate: agreement.spearman },
    {
      name: "Kendall's tau-b",
      says: "the same order, pair by pair",
      from: -1,
      estimate: agreement.kendall_tau_b,
    },
  ];
  if (passing) {
    figures.push(
      { name: "Precision", says: "of what judges pass, people pass", from: 0, estimate: passing.precision },
      { name: "Recall", says: "of what people pass, judges pass", from: 0, estimate: passing.recall },
      { name: "F1", says: "both together", from: 0, estimate: passing.f1 },
      { name: "Pass rate", says: "of all, as judges say", from: 0, estimate: passing.pass_rate },
      {
        name: "Pass rate, corrected",
        says: "of all, for the judges' errors",
        from: 0,
        estimate: passing.corrected_pass_rate,
      },
    );
  }
  return figures;
}

/** Why labels were not used, the most frequent reason first. */
export function reasonsOf({ reasons }: Schema<"AgreementCoverage">): [string, number][] {
  return Object.entries(reasons)
    .filter(([, count]) => count > 0)
    .sort(([, a], [, b]) => b - a);
}

export interface Cell {
  human: string;
  judge: string;
  count: number;
  /** Of what people say so, from 0 to 1. */
  share: number;
  isAgreed: boolean;
}

/** A row for each value that people gave, a cell for each that judges gave. */
export function tableOf({
  values,
  cells,
}: Schema<"Confusion">): { human: string; sum: number; cells: Cell[] }[] {
  return values.map((human) => {
    const counts = values.map(
      (judge) => cells.find((cell) => cell.human === human && cell.judge === judge)?.count ?? 0,
    );
    const sum = counts.reduce((all, count) => all + count, 0);
    return {
      human,
      sum,
      cells: values.map((judge, index) => {
        const count = counts[index] ?? 0;
        return { human, judge, count, share: sum === 0 ? 0 : count / sum, isAgreed: human === judge };
      }),
    };
  });
}
