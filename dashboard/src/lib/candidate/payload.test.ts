import { expect, test, vi } from "vitest";

import type { Schema } from "../../api/client";
import { Payload } from "./payload.svelte";

const assessment = (more: Partial<Schema<"Assessment">>): Schema<"Assessment"> =>
  ({ outcome: "unscorable", ...more }) as Schema<"Assessment">;

test("a comparison without a result is told by what was sent", () => {
  vi.stubGlobal("Worker", vi.fn());
  const payload = new Payload("id");
  expect(payload.compares(assessment({}))).toBe(null);
  expect(payload.compares(assessment({ score: 0.5 }))).toBe(false);
  payload.isLoaded = true;
  expect(payload.compares(assessment({}))).toBe(false);
  payload.sections = [{ pointer: "/outputs/0/text", title: "", bytes: 1, isJudged: true, side: "first" }];
  expect(payload.compares(assessment({}))).toBe(true);
  vi.unstubAllGlobals();
});
