/** What happened, in words. */

import type { TimelineEvent } from "./evaluation.svelte";
import { plural, words } from "../../lib/format";
import type { IconName } from "../../lib/components/Icon.svelte";

export interface Line {
  icon: IconName;
  tone: "plain" | "good" | "bad";
  title: string;
  detail: string;
}

const text = (value: unknown): string =>
  typeof value === "string" ? value : typeof value === "number" ? String(value) : "";

export function lineOf(event: TimelineEvent): Line {
  const detail = event.detail as Record<string, unknown>;
  switch (event.kind) {
    case "accepted":
      return line("check", "Accepted", `${text(detail.rubric)}, ${text(detail.strategy)}`);
    case "queued":
      return line("clock", "Queued", waitOf(detail));
    case "claimed":
      return line("play", "Taken by a worker", `attempt ${text(detail.attempt)}`);
    case "call":
      return line("dot", `Reply to ${text(detail.step)}`, callOf(detail));
    case "owner_lost":
      return line("dead", "Its worker was lost", "another takes over, with what is recorded", "bad");
    case "succeeded":
      return line("check", "Judged", words(text(detail.outcome)), "good");
    case "failed":
      return line("cross", "Failed", words(text(detail.code) || text(detail.error_code)), "bad");
    case "cancelled":
      return line("minus", "Cancelled", "");
    case "retried":
      return line("retry", "Run again", `run ${text(detail.round)}`);
    default:
      return line("dot", words(event.kind), "");
  }
}

function line(icon: IconName, title: string, detail: string, tone: Line["tone"] = "plain"): Line {
  return { icon, title, detail: detail.trim(), tone };
}

function waitOf(detail: Record<string, unknown>): string {
  const reason = text(detail.reason) || text(detail.cause) || text(detail.code);
  return reason === "" ? text(detail.priority) : words(reason);
}

function callOf(detail: Record<string, unknown>): string {
  const attempts = Array.isArray(detail.attempts) ? (detail.attempts as Record<string, unknown>[]) : [];
  const last = attempts.at(-1);
  const parts = [text(last?.model)];
  if (typeof detail.took_ms === "number") parts.push(`${String(detail.took_ms)} ms`);
  if (attempts.length > 1)
    parts.push(
      `${plural(attempts.length - 1, "try", "tries")} before: ${attempts
        .slice(0, -1)
        .map((attempt) => words(text(attempt.result)))
        .join(", ")}`,
    );
  return parts.filter((part) => part !== "").join(", ");
}
