/** What needs a person first, the most urgent first. */

import type { Schema } from "../../api/client";
import { formatDuration, plural, words } from "../../lib/format";

export interface Item {
  tone: "bad" | "warn";
  title: string;
  detail: string;
  href: string;
}

interface Known {
  queue: Schema<"Queue"> | null;
  providers: Schema<"ProviderStates"> | null;
  /** Of the period that is shown. */
  stats: Schema<"Stats"> | null;
  /** Of all that is stored: what failed needs somebody, whenever it was posted. */
  allTime: Schema<"Stats"> | null;
  now: number;
}

/** A retirement is told of from so many days before it on. */
const RETIRES_SOON_DAYS = 90;
/** What waits for so long, in seconds, waits too long for somebody who sits before it. */
const LONG_WAIT = 15 * 60;
/** So large a share without a score is no chance. */
const LOW_COVERAGE = 0.9;

/** Null while not everything that it is told from is known. */
export function attention({ queue, providers, stats, allTime, now }: Known): Item[] | null {
  if (!queue || !providers || !stats || !allTime) return null;
  const items: Item[] = [
    ...ofQueue(queue),
    ...ofProviders(providers, now),
    ...ofFailures(allTime),
    ...ofCoverage(stats),
  ];
  const rank = { bad: 0, warn: 1 };
  return items.sort((a, b) => rank[a.tone] - rank[b.tone]);
}

function ofQueue(queue: Schema<"Queue">): Item[] {
  const waiting = queue.total.reduce((sum, entry) => sum + entry.waiting, 0);
  const href = "/evaluations?status=pending";
  if (waiting > 0 && queue.workers === 0) {
    return [
      {
        tone: "bad",
        title: "No worker is there",
        detail: `${plural(waiting, "evaluation")} waiting; start scorer-worker.`,
        href,
      },
    ];
  }
  const late = queue.total.filter(
    (entry) => entry.waiting > 0 && entry.oldest_seconds > LONG_WAIT && entry.priority === "interactive",
  );
  return late.map((entry) => ({
    tone: "warn",
    title: `Interactive work waits ${formatDuration(entry.oldest_seconds)}`,
    detail:
      queue.slots_limited_by === "provider_limits"
        ? `${plural(entry.waiting, "evaluation")} waiting for the limits of the providers; more workers would wait, too.`
        : `${plural(entry.waiting, "evaluation")} waiting for ${plural(queue.slots, "slot")}; ${String(queue.slots_wanted ?? "more")} are wanted.`,
    href,
  }));
}

function ofProviders(providers: Schema<"ProviderStates">, now: number): Item[] {
  return providers.items.flatMap((deployment): Item[] => {
    const name = `${deployment.provider} / ${deployment.model}`;
    const found: Item[] = [];
    if (deployment.state === "open" || deployment.state === "half_open" || deployment.state === "paused") {
      const why = deployment.reason ? words(deployment.reason) : words(deployment.state);
      const isBad = deployment.state !== "paused";
      found.push({
        tone: isBad ? "bad" : "warn",
        title: `${name} is not asked: ${why}`,
        detail: errors(deployment),
        href: "/providers",
      });
    }
    if (deployment.listed === false) {
      found.push({
        tone: "bad",
        title: `${name} is no longer listed by its provider`,
        detail: "Name another judge before it stops answering.",
        href: "/providers",
      });
    }
    const days =
      deployment.retires_at === null
        ? null
        : Math.floor((Date.parse(deployment.retires_at) - now) / 86_400_000);
    if (days !== null && days <= RETIRES_SOON_DAYS) {
      found.push({
        tone: days <= 14 ? "bad" : "warn",
        title: days < 0 ? `${name} is retired` : `${name} retires in ${plural(days, "day")}`,
        detail: "Name another judge, and compare the two on what has been judged.",
        href: "/providers",
      });
    }
    return found;
  });
}

function errors(deployment: Schema<"Deployment">): string {
  const [last] = deployment.last_errors;
  return last
    ? `Last error: ${words(last.class)}${last.status === null ? "" : ` (${String(last.status)})`}.`
    : "";
}

function ofFailures({ sum }: Schema<"Stats">): Item[] {
  const failed = sum.status["failed"] ?? 0;
  if (failed === 0) return [];
  return [
    {
      tone: "bad",
      title: plural(failed, "dead letter"),
      detail: "They ended without an assessment; look why, and retry them.",
      href: "/dead-letters",
    },
  ];
}

function ofCoverage({ sum }: Schema<"Stats">): Item[] {
  const { share, n, unused } = sum.coverage;
  if (share === null || n + unused < 20 || share >= LOW_COVERAGE) return [];
  return [
    {
      tone: "warn",
      title: `Only ${(share * 100).toFixed(0)} % could be scored`,
      detail: `${plural(unused, "evaluation")} of this period count in no pass rate.`,
      href: "/evaluations?outcome=unscorable",
    },
  ];
}
