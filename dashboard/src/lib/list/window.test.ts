import { expect, test } from "vitest";

import { rowWindow } from "./window";

test("of a million rows those in view are drawn, and the rest has its height", () => {
  const { first, end, above, below } = rowWindow(1_000_000, 40, -20_000_000, 800);
  expect(first).toBe(499_988);
  expect(end).toBe(500_032);
  expect(above + below + (end - first) * 40).toBe(40_000_000);
});

test("no row is drawn that is not there", () => {
  expect(rowWindow(0, 40, 200, 800)).toEqual({ first: 0, end: 0, above: 0, below: 0 });
  expect(rowWindow(5, 40, 200, 800)).toEqual({ first: 0, end: 5, above: 0, below: 0 });
  // Scrolled past the end, as when a list became shorter.
  expect(rowWindow(5, 40, -9_000, 800)).toEqual({ first: 5, end: 5, above: 200, below: 0 });
});
