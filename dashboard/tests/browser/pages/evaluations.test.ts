/** The list of evaluations: filters in the address, rows that stay where they are, commands for all that match. */

import { beforeAll, expect, test } from "vitest";

import { accessibilityFaults, open, overflow, picture } from "../browser.js";
import { get, label, post, provider, SOON, until } from "../services.js";

interface Count {
  items: unknown[];
}

/** Twelve of one run that are judged, three of another whose provider refuses. */
beforeAll(async () => {
  await provider();
  const texts = Array.from({ length: 12 }, (_, index) => `def answer(): return ${String(index)}`);
  const judged = await Promise.all(
    texts.map((output) =>
      post({ output, metadata: { agent: "coder-7", run: label("good") }, rubric: "code-correctness" }),
    ),
  );
  await Promise.all(judged.map((id) => until(id, "succeeded")));
  await provider([
    { fault: "status", status: 401 },
    { fault: "status", status: 401 },
  ]);
  const refused = await Promise.all(
    ["a", "b", "c"].map((output) => post({ output, metadata: { agent: "coder-8", run: label("bad") } })),
  );
  void refused;
}, 120_000);

test("filters are in the address, and survive back and reload", async () => {
  const page = await open(`/evaluations?metadata.run=${label("good")}`);
  const rows = page.locator("tbody tr[data-id]");
  await expect.poll(() => rows.count()).toBe(12);
  await page.keyboard.press("/");
  await page.keyboard.type("passed:true strategy:cot");
  await page.keyboard.press("Enter");
  await expect.poll(() => new URL(page.url()).search).toContain("strategy=cot");
  await page.getByText("No evaluation matches").waitFor();
  await page.reload();
  await page.getByText("No evaluation matches").waitFor();
  await page.goBack();
  await expect.poll(() => rows.count()).toBe(12);
  expect(new URL(page.url()).search).toBe(`?metadata.run=${label("good")}`);
  await page.getByRole("button", { name: /Remove the filter metadata.run/ }).click();
  await expect.poll(() => rows.count()).toBeGreaterThan(12);
});

test("back leads to the same rows at the same place", async () => {
  const page = await open("/evaluations");
  const rows = page.locator("tbody tr[data-id]");
  await rows.first().waitFor();
  await page.setViewportSize({ width: 1280, height: 400 });
  await page.evaluate(() => window.scrollTo(0, 200));
  await rows.nth(9).locator("a").click();
  await page.waitForURL(/\/evaluations\/[0-9a-f-]{36}/);
  await page.goBack();
  await rows.first().waitFor();
  await expect.poll(() => page.evaluate(() => window.scrollY)).toBe(200);
});

test("what is new is counted, and moves no row", async () => {
  await provider();
  const page = await open(`/evaluations?metadata.run=${label("news")}`);
  await page.getByText("No evaluation matches").waitFor();
  await post({ output: "the first", metadata: { run: label("news") } });
  const rows = page.locator("tbody tr[data-id]");
  await expect.poll(() => rows.count(), { timeout: 20_000 }).toBe(1);
  const first = await rows.first().getAttribute("data-id");
  await post({ output: "the second", metadata: { run: label("news") } });
  await post({ output: "the third", metadata: { run: label("news") } });
  const pill = page.getByRole("button", { name: "2 new" });
  await pill.waitFor({ timeout: 20_000 });
  expect(await rows.first().getAttribute("data-id")).toBe(first);
  await pill.click();
  await expect.poll(() => rows.count()).toBe(3);
});

test("all that match are counted, retried and watched", async () => {
  await provider([{ fault: "hang" }]);
  const held = await Promise.all(
    ["x", "y", "z"].map((output) => post({ output, metadata: { run: label("bulk") } })),
  );
  const page = await open(`/evaluations?metadata.run=${label("bulk")}`);
  const rows = page.locator("tbody tr[data-id]");
  await expect.poll(() => rows.count()).toBe(3);
  await page.getByRole("button", { name: "Cancel all…" }).click();
  await page.getByRole("button", { name: "Cancel 3 evaluations" }).click();
  await page.getByText("Done: 3 of 3 evaluations.").waitFor({ timeout: 20_000 });
  await page.getByRole("dialog").getByRole("button", { name: "Close" }).last().click();
  await Promise.all(held.map((id) => until(id, "cancelled")));
  await expect.poll(() => page.locator(".badge", { hasText: "cancelled" }).count()).toBe(3);
  await provider();
  await page.getByRole("button", { name: "Retry all…" }).click();
  await page.getByRole("button", { name: "Retry 3 evaluations" }).click();
  await page.getByText("Done: 3 of 3 evaluations.").waitFor({ timeout: 20_000 });
  await Promise.all(held.map((id) => until(id, "succeeded")));
  const left = await get<Count>(`/v1/evaluations?metadata.run=${label("bulk")}&status=succeeded`);
  expect(left.items).toHaveLength(3);
});

test("without a filter there is no command for all", async () => {
  const page = await open("/evaluations");
  await page.locator("tbody tr[data-id]").first().waitFor();
  expect(await page.getByRole("button", { name: "Cancel all…" }).isDisabled()).toBe(true);
});

test("the keyboard alone is enough", async () => {
  const page = await open("/");
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  await page.keyboard.press("?");
  await page.getByRole("dialog").getByText("Evaluations").waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("g");
  await page.keyboard.press("e");
  await page.waitForURL("**/evaluations");
  const rows = page.locator("tbody tr[data-id]");
  await rows.first().waitFor();
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  const second = await rows.nth(1).getAttribute("data-id");
  const focused = page.locator("tr.selected a");
  await expect.poll(() => focused.evaluate((link) => link === document.activeElement)).toBe(true);
  await page.keyboard.press("Enter");
  await page.waitForURL(`**/evaluations/${String(second)}`);
});

test("the list can be had as curl and as a file", async () => {
  const page = await open(`/evaluations?metadata.run=${label("good")}`);
  await page.locator("tbody tr[data-id]").first().waitFor();
  await page.getByRole("button", { name: "Copy as curl" }).click();
  const command = await page.evaluate(() => navigator.clipboard.readText());
  expect(command).toBe(
    `curl -sS '${new URL(page.url()).origin}/v1/evaluations?metadata.run=${label("good")}'`,
  );
  const waits = page.waitForEvent("download");
  await page.getByRole("link", { name: "JSONL" }).click();
  const stream = await (await waits).createReadStream();
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  expect(Buffer.concat(chunks).toString().trim().split("\n")).toHaveLength(12);
});

test.for([
  { name: "light", look: {} },
  { name: "dark", look: { dark: true } },
  { name: "narrow", look: { narrow: true } },
])("it can be read: $name", async ({ name, look }) => {
  const page = await open("/evaluations", look);
  await page.locator("tbody tr[data-id]").first().waitFor();
  await picture(page, `evaluations-${name}`);
  expect(await overflow(page)).toBe(0);
  expect(await accessibilityFaults(page)).toEqual([]);
  await page.getByRole("button", { name: "All filters" }).click();
  await picture(page, `evaluations-filters-${name}`);
  expect(await overflow(page)).toBe(0);
  expect(await accessibilityFaults(page)).toEqual([]);
});

test("what cannot be loaded is asked for again by itself, as is said", async () => {
  for (const path of ["/evaluations", "/dead-letters", "/rubrics", "/labels"]) {
    const page = await open("/providers");
    const calls = /\/v1\/(evaluations|rubrics)/;
    await page.route(calls, (route) => route.abort());
    await page.goto(path);
    await page.getByText("It is asked for again by itself.").waitFor();
    await page.unroute(calls);
    await page.getByRole("alert").waitFor({ state: "detached", timeout: SOON });
  }
});
