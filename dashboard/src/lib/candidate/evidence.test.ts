import { expect, test } from "vitest";

import { failuresOf } from "./evidence";

test("only criteria that failed at a step are marked there", () => {
  const criterion = (name: string, step?: number | null) => ({
    name,
    weight: 1,
    rationale: "",
    evidence: [],
    ...(step === undefined ? {} : { failure_step: step }),
  });
  const criteria = [
    criterion("at first", 0),
    criterion("met", null),
    criterion("not asked"),
    criterion("later", 7),
  ];
  expect(failuresOf(criteria)).toEqual([
    { step: 0, criterion: "at first" },
    { step: 7, criterion: "later" },
  ]);
});
