/** What happened, in words. */

import type { TimelineEvent } from "./evaluation.svelte";
import { formatCount, formatDuration, formatTime, formatUsd, plural, words } from "../../lib/format";
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
      return line("clock", "Queued", causeOf(detail));
    case "claimed":
      return line("play", "Taken by a worker", join(text(detail.worker), after("attempt", detail.attempt)));
    case "call":
      return line("dot", `Reply to ${text(detail.step)}`, callOf(detail));
    case "owner_lost":
      return line(
        "dead",
        "Its worker was lost",
        join("another takes over, with what is recorded", after("lost so far:", detail.crashes)),
        "bad",
      );
    case "succeeded":
      return line("check", "Judged", words(text(detail.outcome)), "good");
    case "failed":
      return line("cross", "Failed", causeOf(detail), "bad");
    case "cancelled":
      return line("minus", "Cancelled", "");
    case "retried":
      return line("retry", "Run again", `run ${text(detail.round)}`);
    default:
      return line("dot", words(event.kind), "");
  }
}

function line(icon: IconName, title: string, detail: string, tone: Line["tone"] = "plain"): Line {
  return { icon, title, detail, tone };
}

const join = (...parts: string[]): string => parts.filter((part) => part !== "").join(", ");

/** A value behind what it is; nothing where there is none. */
const after = (name: string, value: unknown): string => (text(value) === "" ? "" : `${name} ${text(value)}`);

/** Why it waits or failed, at which call, and until when. */
function causeOf(detail: Record<string, unknown>): string {
  const due = text(detail.due_at);
  return join(
    words(text(detail.reason) || text(detail.code) || text(detail.error_code) || text(detail.priority)),
    after("step", detail.step),
    words(text(detail.class)),
    after("HTTP", detail.status),
    Array.isArray(detail.attempts) ? plural(detail.attempts.length, "request") : "",
    typeof detail.failures === "number" && detail.failures > 0 ? plural(detail.failures, "failure") : "",
    due === "" ? "" : `due ${formatTime(due)}`,
  );
}

function callOf(detail: Record<string, unknown>): string {
  const attempts = Array.isArray(detail.attempts) ? (detail.attempts as Record<string, unknown>[]) : [];
  const earlier = attempts
    .slice(0, -1)
    .map(({ result, status }) => join(words(text(result)), after("HTTP", status)));
  const { took_ms: took, waited_ms: waited, input_tokens: read, output_tokens: written } = detail;
  return join(
    text(attempts.at(-1)?.model),
    typeof took === "number" ? formatDuration(took / 1000) : "",
    typeof waited === "number" && waited > 0 ? `waited ${formatDuration(waited / 1000)}` : "",
    typeof read === "number" && typeof written === "number"
      ? `${formatCount(read)} + ${formatCount(written)} tokens`
      : "",
    text(detail.cost_usd) === "" ? "" : formatUsd(text(detail.cost_usd)),
    earlier.length > 0 ? `${plural(earlier.length, "try", "tries")} before: ${earlier.join("; ")}` : "",
  );
}
