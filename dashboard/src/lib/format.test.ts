import { expect, test } from "vitest";

import { formatAgo, formatDuration, formatScore, formatShare, formatUsd, plural } from "./format";

test("what is not known is never a number", () => {
  for (const format of [formatScore, formatShare, formatUsd, formatDuration]) {
    expect(format(null)).toBe("–");
    expect(format(undefined)).toBe("–");
  }
});

test("a score is not rounded to all or nothing", () => {
  expect([0, 0.001, 0.825, 0.9951, 0.9999, 1].map(formatScore)).toEqual([
    "0.00",
    "0.01",
    "0.82",
    "0.99",
    "0.99",
    "1.00",
  ]);
});

test("a share is not rounded to all or nothing", () => {
  expect([0, 0.0001, 0.874, 0.9996, 1].map(formatShare)).toEqual(["0 %", "0.1 %", "87 %", "99.9 %", "100 %"]);
});

test("money has the digits that say something", () => {
  expect(["0", "0.0000001", "0.00041", "0.0412", "1234.5"].map(formatUsd)).toEqual([
    "$0",
    "< $0.000001",
    "$0.00041",
    "$0.041",
    "$1,234.50",
  ]);
});

test("durations have two units at most", () => {
  expect([0.02, 4.24, 59.4, 60, 200, 3600, 18_720, 273_600].map(formatDuration)).toEqual([
    "20 ms",
    "4.2 s",
    "59 s",
    "1 min",
    "3 min 20 s",
    "1 h",
    "5 h 12 min",
    "3 d 4 h",
  ]);
});

test("a time ahead of this clock is now", () => {
  expect(formatAgo("2026-11-30T00:00:10Z", Date.parse("2026-11-30T00:00:00Z"))).toBe("just now");
  expect(formatAgo("2026-11-29T23:56:00Z", Date.parse("2026-11-30T00:00:00Z"))).toBe("4 min ago");
});

test("one is one", () => {
  expect([plural(1, "slot"), plural(0, "slot"), plural(1200, "slot")]).toEqual([
    "1 slot",
    "0 slots",
    "1,200 slots",
  ]);
});
