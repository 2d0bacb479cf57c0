import { expect, test } from "vitest";

import { formatTime } from "../../lib/format";
import { lineOf } from "./timeline";

const detail = (kind: string, of: object): string =>
  lineOf({ seq: 1, at: "2026-01-01T00:00:00Z", kind, detail: of as Record<string, never> }).detail;

test("each event says what is known of it, and no more", () => {
  expect(detail("claimed", { worker: "w-1", attempt: 2, epoch: 3 })).toBe("w-1, attempt 2");
  expect(detail("queued", { priority: "batch" })).toBe("batch");
  const due_at = "2026-01-01T00:01:00Z";
  expect(
    detail("queued", {
      reason: "retry_delay",
      step: "judge",
      class: "unavailable",
      status: 503,
      attempts: [{}, {}],
      failures: 1,
      due_at,
    }),
  ).toBe(`retry delay, step judge, unavailable, HTTP 503, 2 requests, 1 failure, due ${formatTime(due_at)}`);
  expect(detail("failed", { code: "provider_rejected", status: 400, due_at: null })).toBe(
    "provider rejected, HTTP 400",
  );
  expect(
    detail("call", {
      step: "judge",
      took_ms: 1500,
      waited_ms: 20,
      input_tokens: 1200,
      output_tokens: 30,
      cost_usd: "0.002",
      attempts: [
        { model: "m", result: "rate_limited", status: 429 },
        { model: "m", result: "reply" },
      ],
    }),
  ).toBe("m, 1.5 s, waited 20 ms, 1,200 + 30 tokens, $0.002, 1 try before: rate limited, HTTP 429");
  expect(detail("call", { took_ms: 10, cost_usd: null })).toBe("10 ms");
  expect(detail("cancelled", {})).toBe("");
});
