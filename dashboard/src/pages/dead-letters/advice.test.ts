import { expect, test } from "vitest";

import { advice } from "./advice";

test("only what can fail has advice", () => {
  expect(advice("poison")).toContain("Workers died");
  for (const code of ["nope", "__proto__", "constructor"]) expect(advice(code)).toBe("");
});
