/** Pages for those who look after judges: the queue of labels, rubrics, two runs compared. */

import { beforeAll, expect, test } from "vitest";

import { accessibilityFaults, open, overflow, picture } from "../browser.js";
import { get, post, provider, SOON, STATUS, until } from "../services.js";

const CRITERIA = [{ name: "clear", scale: { type: "numeric", min: 1, max: 5 } }];
const VERSIONS = [
  { description: "First words.", pass_threshold: 0.5, criteria: CRITERIA },
  {
    description: "Second words.",
    pass_threshold: 0.7,
    criteria: [...CRITERIA, { name: "kind", scale: { type: "boolean" } }],
  },
];
const CASES = ["a", "b", "c", "d"];
let debated = "";
let compared = "";
let travelled = "";

const said = (score: number): unknown => ({
  criteria: {
    clear: { rationale: "As it is.", evidence: [], score },
    kind: { rationale: "Yes.", evidence: [], score: true },
  },
  summary: "As it is.",
});

beforeAll(async () => {
  await provider();
  for (const version of VERSIONS) {
    const response = await fetch(`${STATUS}/v1/rubrics/two-versions`, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(version),
    });
    expect(response.ok).toBe(true);
  }
  for (const version of [1, 2]) {
    await provider(
      CASES.map((name, index) => ({
        fault: "reply",
        contains: [`text of case ${name}`],
        text:
          version === 1
            ? {
                ...(said(index + 2) as object),
                criteria: { clear: { rationale: "r", evidence: [], score: index + 2 } },
              }
            : said(3),
      })),
    );
    const ids = await Promise.all(
      CASES.map((name) =>
        post({
          output: `text of case ${name}`,
          rubric: `two-versions@${String(version)}`,
          metadata: { case: name },
        }),
      ),
    );
    await Promise.all(ids.map((id) => until(id, "succeeded")));
  }
  await provider([{ fault: "refusal" }]);
  await until(await post({ output: "nobody can judge this", metadata: { title: "In doubt" } }), "succeeded");
  await provider();
  debated = await post({
    output: "def f(): pass",
    strategy: { kind: "debate", models: ["m-1", "m-2"], rounds: 1 },
  });
  compared = await post({
    outputs: [
      { id: "x", text: "one text" },
      { id: "y", text: "another text" },
    ],
  });
  travelled = await post({
    trajectory: [
      { role: "user", content: "Find it." },
      {
        role: "assistant",
        content: "I look.",
        tool_calls: [{ id: "c", type: "function", function: { name: "search", arguments: "{}" } }],
      },
      { role: "tool", tool_call_id: "c", content: "found in the attic" },
      { role: "assistant", content: "It is in the attic." },
    ],
    rubric: "agent-trajectory",
  });
  await Promise.all([debated, compared, travelled].map((id) => until(id, "succeeded")));
}, 120_000);

const PAGES = [
  { name: "evaluation-debate", path: () => `/evaluations/${debated}`, ready: "Openings" },
  { name: "evaluation-comparison", path: () => `/evaluations/${compared}`, ready: "Both orders" },
  { name: "evaluation-trajectory", path: () => `/evaluations/${travelled}`, ready: "4 messages" },
  { name: "labels", path: () => "/labels", ready: "In doubt" },
  { name: "rubrics", path: () => "/rubrics", ready: "two-versions" },
  { name: "rubric", path: () => "/rubrics/two-versions", ready: "Moved the most" },
  {
    name: "compare",
    path: () => "/compare?before=rubric:two-versions@1&after=rubric:two-versions@2",
    ready: "Moved the most",
  },
  { name: "compare-choice", path: () => "/compare", ready: "two-versions@1 → two-versions@2" },
];
const LOOKS = [
  { name: "light", look: {} },
  { name: "dark", look: { dark: true } },
  { name: "narrow", look: { narrow: true } },
];

test.for(PAGES.flatMap((page) => LOOKS.map((look) => ({ ...page, as: look.name, look: look.look }))))(
  "$name can be read: $as",
  async ({ name, path, ready, as, look }) => {
    const page = await open(path(), look);
    await page.getByText(ready).first().waitFor({ timeout: SOON });
    await picture(page, `${name}-${as}`);
    expect(await overflow(page)).toBe(0);
    expect(await accessibilityFaults(page)).toEqual([]);
  },
);

test("a queue is labelled by keys alone", async () => {
  const page = await open("/labels?kind=unscorable");
  const queue = page.getByRole("navigation", { name: "Queue" });
  await queue.getByText("In doubt").waitFor();
  const before = await queue.getByRole("button").count();
  // The rater says who it is once; from then on the browser knows.
  for (let at = 0; at < 80; at++) {
    if (await page.evaluate(() => document.activeElement?.matches("input[autocomplete=nickname]"))) break;
    await page.keyboard.press("Tab");
  }
  await page.keyboard.type("rater-2");
  await page.keyboard.press("Escape");
  await page.keyboard.press("v");
  const current = await queue.locator("[aria-current=true]").innerText();
  await page.keyboard.press("2");
  await page.keyboard.press("n");
  await page.keyboard.type("Not much.");
  await page.keyboard.press("Enter");
  await page.getByText("1 label stored").waitFor();
  await expect.poll(() => queue.getByRole("button").count()).toBe(before - 1);
  expect(current).not.toBe("");
  const labelled = await get<{ items: { id: string }[] }>("/v1/evaluations?outcome=unscorable&labelled=true");
  const labels = await get<{ items: unknown[] }>(`/v1/evaluations/${labelled.items[0]?.id ?? ""}/labels`);
  expect(labels.items).toMatchObject([{ rater: "rater-2", score: 0.25, note: "Not much.", criterion: null }]);
});

test("two versions: what differs in their text, what flips, and how far each criterion moved", async () => {
  const page = await open("/rubrics/two-versions?version=2&against=1");
  await page.getByText("Second words.").first().waitFor();
  expect(await page.locator(".removed").allInnerTexts()).toEqual(
    expect.arrayContaining([expect.stringContaining("First words.")]),
  );
  // Version 1 gave 2, 3, 4, 5, and version 2 gives 3 and a yes: 0.25, 0.5, 0.75, 1 become 0.75.
  const flips = page.getByRole("region", { name: "Now pass" });
  await flips.getByText("a", { exact: true }).waitFor();
  await page
    .getByRole("row", { name: /^clear/ })
    .getByText("0.63")
    .waitFor();
  await page.getByRole("row", { name: /^kind/ }).getByText("only in version 2").waitFor();
});

test("runs to compare are offered, and chosen by a click", async () => {
  const page = await open("/compare");
  await page.getByRole("button", { name: /two-versions@1 → two-versions@2/ }).click();
  await page.getByText("Same candidates", { exact: true }).waitFor();
  expect(new URL(page.url()).searchParams.get("after")).toBe("rubric:two-versions@2");
  await page.goBack();
  await page.getByText("Which two runs?").waitFor();
});
