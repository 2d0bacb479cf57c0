import { expect, test } from "vitest";

import { filtersOf, readTyped } from "./filters";

test("filters are kept, in one order, and nothing else", () => {
  const query = new URLSearchParams(
    "range=7d&metadata.run=a&rubric=x%401&cursor=1&status=failed&metadata.=no&passed=",
  );
  expect(filtersOf(query).toString()).toBe("status=failed&rubric=x%401&metadata.run=a");
});

test("what is typed is read as filters", () => {
  expect(readTyped('status:failed metadata.agent:"coder 7" min_score=0.5')).toEqual({
    filters: [
      ["status", "failed"],
      ["metadata.agent", "coder 7"],
      ["min_score", "0.5"],
    ],
    unknown: [],
  });
});

test("a value may have a colon, and a time has some", () => {
  expect(readTyped("created_after:2026-11-20T10:00:00Z").filters).toEqual([
    ["created_after", "2026-11-20T10:00:00Z"],
  ]);
});

test("what is no filter is said to be none", () => {
  expect(readTyped("statsu:failed hello status:").unknown).toEqual(["statsu:failed", "hello", "status:"]);
});

test("an id is an id", () => {
  expect(readTyped(" 61EA3B2A-e850-8b74-8491-4ad71b66e01c ").id).toBe("61ea3b2a-e850-8b74-8491-4ad71b66e01c");
  expect(readTyped("61ea3b2a").id).toBeUndefined();
});

test("of a filter that is there twice the last counts", () => {
  const query = new URLSearchParams("status=failed&rubric=r&status=running");
  expect(filtersOf(query).toString()).toBe("status=running&rubric=r");
});
