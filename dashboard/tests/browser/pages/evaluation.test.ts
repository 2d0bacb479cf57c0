/** One evaluation from its posting to its end: live, judged, labelled, cancelled, run again. */

import { beforeAll, expect, test } from "vitest";

import { accessibilityFaults, open, overflow, picture } from "../browser.js";
import { get, post, provider, SOON, until } from "../services.js";

interface Labels {
  items: { rater: string; criterion: string | null; score: number | null; note: string | null }[];
}

const CANDIDATE = "def median(xs):\n    xs = sorted(xs)\n    return xs[len(xs) // 2]\n";
/** Words of the candidate, behind characters that have several bytes. */
const MIXED = "שלום: the answer is 👩‍👩‍👧 forty-two.\nסוף\n";

const reply = (criteria: Record<string, unknown>): Record<string, unknown> => ({
  criteria,
  summary: "Fine in the main.",
});
const RUBRIC = {
  criteria: [
    { name: "right", scale: { type: "numeric", min: 1, max: 5 } },
    { name: "safe", scale: { type: "boolean" } },
  ],
  pass_threshold: 0.5,
};

beforeAll(async () => {
  await provider();
  const response = await fetch(`${process.env["STATUS_URL"] ?? ""}/v1/rubrics/page-tests`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(RUBRIC),
  });
  expect(response.ok).toBe(true);
});

test("post, live progress, assessment, label", async () => {
  const answers = reply({
    right: { rationale: "It takes the upper one.", evidence: ["xs = sorted(xs)", "sorted(xs)"], score: 4 },
    safe: { rationale: "It changes nothing.", evidence: ["xs[len(xs) // 2]"], score: true },
  });
  // The provider thinks until the page is there.
  await provider([{ fault: "hang" }]);
  const id = await post({ output: CANDIDATE, rubric: "page-tests", metadata: { title: "Median" } });
  const page = await open(`/evaluations/${id}`);
  await page.getByRole("heading", { name: "Median" }).waitFor();
  await page.getByRole("progressbar").waitFor();
  await page.getByText("live", { exact: true }).first().waitFor({ timeout: SOON });
  await page.getByText("Taken by a worker").waitFor({ timeout: SOON });
  // What hangs is cancelled; nothing was paid.
  await page.keyboard.press("c");
  await page.getByRole("button", { name: "Cancel it" }).click();
  await page.getByText("Cancelled before it was judged").waitFor({ timeout: SOON });
  await until(id, "cancelled");
  await provider([{ fault: "reply", text: answers }]);
  await page.getByRole("button", { name: "Run again" }).click();
  await page.getByText("It takes the upper one.").waitFor({ timeout: SOON });
  await page.getByText("Run again", { exact: true }).first().waitFor();
  await until(id, "succeeded");
  // Overlapping quotes, each at its place.
  const marks = page.locator("mark");
  await expect.poll(() => marks.allTextContents()).toEqual(["xs = ", "sorted(xs)", "xs[len(xs) // 2]"]);
  await page.getByRole("button", { name: "Show quote 2 in the candidate" }).click();
  await expect.poll(() => page.locator("mark.active").allTextContents()).toEqual(["sorted(xs)"]);
  await page.locator('mark[data-quotes="3"]').click();
  await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe("quote-3");
  // Its call, to the letter.
  await page.getByRole("button", { name: "judge" }).click();
  await page.getByRole("region", { name: "Raw reply" }).getByText("It takes the upper one.").waitFor();
  await page.getByRole("region", { name: "Prompt, system" }).waitFor();
  // A label, by keys alone.
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  for (const key of ["4", "5", "1", "n"]) await page.keyboard.press(key);
  await page.keyboard.type("Even lists are wrong.");
  await page.getByLabel("Your name").fill("rater-1");
  await page.keyboard.press("Enter");
  await page.getByText("3 labels stored").waitFor();
  const labels = await get<Labels>(`/v1/evaluations/${id}/labels`);
  expect(labels.items.map(({ criterion, score }) => [criterion, score]).sort()).toEqual([
    [null, 0.75],
    ["right", 5],
    ["safe", 1],
  ]);
  expect(labels.items.find(({ criterion }) => criterion === null)?.note).toBe("Even lists are wrong.");
  await page.getByRole("button", { name: "Copy as curl" }).click();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toContain(`/v1/evaluations/${id}/payload`);
  await picture(page, "evaluation-judged");
});

test("without its stream the page asks by itself", async () => {
  await provider([{ fault: "hang" }]);
  const id = await post({ output: CANDIDATE, metadata: { title: "No stream" } });
  const page = await open("/evaluations");
  await page.route("**/events", (route) => route.abort());
  await page.goto(`/evaluations/${id}`);
  await page.getByText("asked for every few seconds").first().waitFor();
  await page.getByRole("button", { name: "Cancel", exact: true }).click();
  await page.getByRole("button", { name: "Cancel it" }).click();
  await page.getByText("Cancelled before it was judged").waitFor({ timeout: SOON });
});

test("quotes stand where they are, behind emoji and from right to left", async () => {
  const answers = reply({
    right: { rationale: "One number.", evidence: ["forty-two", "שלום", "סוף"], score: 5 },
    safe: { rationale: "Yes.", evidence: ["👩‍👩‍👧", "not in there"], score: true },
  });
  await provider([{ fault: "reply", text: answers }]);
  const id = await post({ output: MIXED, rubric: "page-tests", metadata: { title: "Mixed" } });
  await until(id, "succeeded");
  const page = await open(`/evaluations/${id}`);
  await expect.poll(() => page.locator("mark").allTextContents()).toEqual(["שלום", "👩‍👩‍👧", "forty-two", "סוף"]);
  expect(await page.locator(".text").first().getAttribute("dir")).toBe("rtl");
  await page.getByText("not in the candidate").waitFor();
});

test("an evaluation that there is not says so, and what may be the reason", async () => {
  const page = await open("/evaluations/00000000-0000-8000-8000-000000000000");
  await page.getByRole("alert").getByText("there is no evaluation").waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
});

test("what failed says why, and a phone can read it", async () => {
  await provider([{ fault: "status", status: 400 }]);
  const id = await post({ output: "refused by the provider", metadata: { title: "Refused" } });
  await until(id, "failed");
  await provider();
  const page = await open(`/evaluations/${id}`, { narrow: true });
  await page.getByRole("heading", { name: "No assessment: provider rejected" }).waitFor();
  expect(await overflow(page)).toBe(0);
  await page.getByRole("button", { name: "Run again" }).click();
  await until(id, "succeeded");
  await page.getByRole("region", { name: "Criteria" }).waitFor({ timeout: SOON });
});
