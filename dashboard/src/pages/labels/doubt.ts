/** Why a person should look at an evaluation, and which first. */

import type { Schema } from "../../api/client";
import { formatScore, words } from "../../lib/format";

type Assessment = Schema<"Assessment">;

export type Kind = "unscorable" | "disagreement" | "near";

export interface Doubt {
  kind: Kind;
  /** From 0 to 1; what is more doubtful comes first. */
  weight: number;
  why: string;
}

export const KINDS: Record<Kind, string> = {
  unscorable: "No score",
  disagreement: "Judges disagree",
  near: "Near the pass mark",
};

/** From which standard deviation of samples on they disagree. */
const STD = 0.08;
/** And from which distance between two judges. */
const SPREAD = 0.2;
/** How near to the pass mark a score is too near. */
const NEAR = 0.05;

/** The doubts of an assessment, the greatest first. */
export function doubtsOf(assessment: Assessment, threshold: number | null): Doubt[] {
  const doubts: Doubt[] = [];
  if (assessment.outcome !== "scored") {
    const weight = assessment.outcome === "abstained" ? 1 : 0.9;
    doubts.push({
      kind: "unscorable",
      weight,
      why: `${assessment.outcome}: ${words(assessment.reason ?? "no reason")}`,
    });
  }
  const disagreement = disagreementOf(assessment);
  if (disagreement) doubts.push(disagreement);
  const near = nearOf(assessment, threshold);
  if (near) doubts.push(near);
  return doubts.sort((a, b) => b.weight - a.weight);
}

function disagreementOf(assessment: Assessment): Doubt | null {
  if (assessment.preference?.order_dependent === true)
    return { kind: "disagreement", weight: 0.85, why: "the winner depends on the order" };
  const std = assessment.uncertainty?.std ?? 0;
  const spread = spreadOf(assessment);
  if (spread < SPREAD && std < STD) return null;
  const why =
    spread >= SPREAD
      ? `judges are ${formatScore(spread)} apart`
      : `samples scatter by ${formatScore(std)} (standard deviation)`;
  return { kind: "disagreement", weight: Math.min(0.95, 0.4 + Math.max(spread / 2, std * 2)), why };
}

/** How far apart the judges are at the end: of a cascade only the stage that decided counts, of a debate only the last round. */
function spreadOf({ judges, cascade }: Assessment): number {
  const deciding = judges.filter(({ stage }) => !cascade || stage === cascade.decided_by);
  const last = Math.max(0, ...deciding.map(({ round }) => round));
  const scores = deciding.filter(({ round }) => round === last).flatMap(({ score }) => score ?? []);
  return scores.length < 2 ? 0 : Math.max(...scores) - Math.min(...scores);
}

function nearOf({ score, uncertainty }: Assessment, threshold: number | null): Doubt | null {
  if (score == null || threshold === null) return null;
  const distance = Math.abs(score - threshold);
  const isWithin =
    uncertainty?.low != null &&
    uncertainty.high != null &&
    uncertainty.low <= threshold &&
    threshold <= uncertainty.high;
  if (distance > NEAR && !isWithin) return null;
  const why = `${formatScore(score)}, and ${formatScore(threshold)} passes`;
  return { kind: "near", weight: Math.max(0.3, 0.7 - distance * 4), why };
}
