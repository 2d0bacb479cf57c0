import { expect, test } from "vitest";

import { match } from "./routes";

test("an address is a page with its parameters", () => {
  expect(match("/")?.route.title).toBe("Overview");
  expect(match("/evaluations/")?.route.title).toBe("Evaluations");
  expect(match("/rubrics/code%2Fquality")?.parameters).toEqual({ name: "code/quality" });
});

test("what is no page is none", () => {
  for (const path of ["/nothing", "/evaluations/a/b", "/rubrics/%E0%A4%A"]) expect(match(path)).toBeNull();
});
