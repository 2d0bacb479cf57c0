import { expect, test } from "vitest";

import type { Schema } from "../../api/client";
import { attention } from "./attention";

const NOW = Date.parse("2026-11-30T00:00:00Z");

const deployment: Schema<"Deployment"> = {
  provider: "openai",
  model: "gpt-4o",
  state: "closed",
  reason: null,
  since: null,
  workers: 1,
  shared: true,
  in_flight: 0,
  admitted: 0,
  waiting: 0,
  listed: true,
  retires_at: null,
  listed_as_of: null,
  limits: {},
  last_errors: [],
};
const figures: Schema<"Figures"> = {
  evaluations: 100,
  status: { succeeded: 100 },
  outcome: { scored: 100 },
  coverage: { n: 100, unused: 0, share: 1 },
  criteria: {},
  pass_rate: { n: 100, passed: 90, unused: 0, rate: 0.9, low: 0.8, high: 0.95, method: "wilson" },
  cost: { usd: "1", n: 100, unused: 0 },
  latency: { n: 100, unused: 0, p50_seconds: 1, p95_seconds: 2, p99_seconds: 3, relative_error: 0.01 },
};
const entry: Schema<"QueueEntries"> = {
  priority: "interactive",
  waiting: 0,
  complete: true,
  in_flight: 0,
  oldest_seconds: 0,
};

function statsOf(changes: Partial<typeof figures> = {}): Schema<"Stats"> {
  return {
    interval: "day",
    from: "",
    to: "",
    as_of: null,
    sum: { ...figures, ...changes },
    intervals: [],
  };
}

function titles(
  changes: {
    deployment?: Partial<typeof deployment>;
    figures?: Partial<typeof figures>;
    /** Of all that is stored. */
    allTime?: Partial<typeof figures>;
    entry?: Partial<typeof entry>;
    workers?: number;
  } = {},
): string[] | undefined {
  return attention({
    queue: {
      total: [{ ...entry, ...changes.entry }],
      tenant: { name: "default", entries: [] },
      slots_wanted: 4,
      slots_demanded: 4,
      slots_limited_by: null,
      slots: 4,
      slots_taken: 0,
      workers: changes.workers ?? 1,
    },
    providers: { workers: 1, as_of: null, items: [{ ...deployment, ...changes.deployment }] },
    stats: statsOf(changes.figures),
    allTime: statsOf(changes.allTime),
    now: NOW,
  })?.map(({ title }) => title);
}

test("a system that is well needs nobody", () => {
  expect(titles()).toEqual([]);
  // Batches may wait, and a judge that retires in a year is no news.
  expect(titles({ entry: { priority: "batch", waiting: 9, oldest_seconds: 9_999 } })).toEqual([]);
  expect(titles({ deployment: { retires_at: "2027-11-30T00:00:00Z" } })).toEqual([]);
});

test("what is worst comes first", () => {
  expect(
    titles({
      deployment: { state: "open", reason: "unauthorized", retires_at: "2027-01-14T00:00:00Z" },
      allTime: { status: { failed: 3 } },
      figures: { coverage: { n: 80, unused: 20, share: 0.8 } },
    }),
  ).toEqual([
    "openai / gpt-4o is not asked: unauthorized",
    "3 dead letters",
    "openai / gpt-4o retires in 45 days",
    "Only 80 % could be scored",
  ]);
});

test("work without workers is told of, and workers without work are not", () => {
  expect(titles({ workers: 0 })).toEqual([]);
  expect(titles({ workers: 0, entry: { waiting: 1 } })).toEqual(["No worker is there"]);
});

test("what failed before the period that is shown needs somebody all the same", () => {
  expect(titles({ figures: { status: { failed: 0 } }, allTime: { status: { failed: 1 } } })).toEqual([
    "1 dead letter",
  ]);
});
