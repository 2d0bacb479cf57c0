import { expect, test } from "vitest";

import { nearest, path, ticks, timeTicks } from "./chart";

test("values on an axis are round, and within it", () => {
  expect(ticks(0, 1, 5)).toEqual([0, 0.2, 0.4, 0.6000000000000001, 0.8, 1]);
  expect(ticks(0, 37, 4)).toEqual([0, 10, 20, 30]);
  expect(ticks(0, 0, 4)).toEqual([0]);
});

test("times on an axis are whole hours or days of the reader's clock", () => {
  const from = Date.UTC(2026, 10, 29, 2, 41, 58) / 1000;
  for (const [hours, count] of [
    [1, 6],
    [24, 8],
    [24 * 14, 7],
  ] as const) {
    const found = timeTicks(from, from + hours * 3600, count);
    expect(found.length).toBeGreaterThan(1);
    expect(found.length).toBeLessThanOrEqual(count + 1);
    for (const at of found) expect(new Date(at * 1000).getSeconds()).toBe(0);
  }
});

test("a line has a gap where a value is not known", () => {
  expect(path([[0, 1], [1, 2], null, [3, 4]])).toBe("M0.0 1.0L1.0 2.0M3.0 4.0");
});

test("the pointer finds the nearest time", () => {
  expect([0, 14, 16, 99].map((time) => nearest([0, 10, 20], time))).toEqual([0, 1, 2, 2]);
});
