/** The history that `bin/demo` leaves, as a first visitor sees it; the README's pictures are taken here. */

import { expect, test } from "vitest";

import { accessibilityFaults, open, overflow, picture } from "../browser.js";
import { get, SOON } from "../services.js";

interface Listed {
  items: { id: string; metadata: Record<string, string> }[];
}

interface Counted {
  sum: { evaluations: number };
}

test("the overview shows a fortnight", async () => {
  // Hours that are over are counted in the background.
  await expect
    .poll(async () => (await get<Counted>("/v1/stats?interval=day")).sum.evaluations, { timeout: 60_000 })
    .toBeGreaterThan(280);
  const page = await open("/?range=30d");
  await page.getByText("Pass rate with its interval, and coverage").first().waitFor({ timeout: SOON });
  await expect
    .poll(() => page.locator("svg[role=img], figure svg").count(), { timeout: SOON })
    .toBeGreaterThan(1);
  await picture(page, "overview");
  expect(await accessibilityFaults(page)).toEqual([]);
});

test("a debate shows who said what, and its quotations in the candidate", async () => {
  const debates = await get<Listed>("/v1/evaluations?strategy=debate&outcome=scored&limit=50");
  const titled = debates.items.find(({ metadata }) => metadata["title"] !== undefined);
  if (titled === undefined) throw new Error("no debate with a title in the history");
  const page = await open(`/evaluations/${titled.id}`);
  await page.getByRole("heading", { name: titled.metadata["title"] ?? "" }).waitFor({ timeout: SOON });
  await page.locator("mark").first().waitFor({ timeout: SOON });
  await page.getByText("Round 1", { exact: false }).first().waitFor();
  await picture(page, "evaluation");
  expect(await accessibilityFaults(page)).toEqual([]);
});

test("every row of a list is of one height, and leads with the title", async () => {
  const page = await open("/dead-letters");
  const rows = page.locator("tbody tr[data-id]");
  await rows.first().waitFor({ timeout: SOON });
  const heights = await rows.evaluateAll((found) => found.map((row) => row.getBoundingClientRect().height));
  expect(new Set(heights)).toEqual(new Set([40]));
  await page.goto("/evaluations?strategy=debate");
  await rows.first().waitFor({ timeout: SOON });
  const { items } = await get<Listed>("/v1/evaluations?strategy=debate&limit=1");
  const [newest] = items;
  const words = await rows.first().locator("td.rest").innerText();
  expect(words.startsWith(newest?.metadata["title"] ?? "?")).toBe(true);
});

test("a figure leads to the evaluations that it is of", async () => {
  const page = await open("/?range=24h&model=gpt-4o");
  const tile = page.locator(".tile", { hasText: "Evaluations" }).locator("a");
  await tile.waitFor({ timeout: SOON });
  const count = Number((await tile.innerText()).replaceAll(",", ""));
  await tile.click();
  await page
    .locator("p.end")
    .getByText(`${String(count)} in all`)
    .waitFor({ timeout: SOON });
});

test("keys label one case after the other", async () => {
  const page = await open("/labels");
  const queue = page.getByRole("navigation", { name: "Queue" });
  await queue.getByRole("button").nth(1).waitFor({ timeout: SOON });
  await page.keyboard.press("j");
  await expect.poll(() => queue.getByRole("button").nth(1).getAttribute("aria-current")).toBe("true");
  await page.keyboard.press("2");
  await page.locator("fieldset [aria-pressed=true]").waitFor();
  await page.keyboard.press("n");
  await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe("TEXTAREA");
  await page.keyboard.press("Enter");
  await page.keyboard.type("rater-3");
  await page.keyboard.press("Enter");
  await page.getByText("1 label stored").waitFor();
  await page.keyboard.press("2");
  await page.locator("fieldset [aria-pressed=true]").waitFor();
});

test("a cell of the confusion table leads to its cases, where they are labelled by keys", async () => {
  for (const [as, look] of [
    ["light", {}],
    ["dark", { dark: true }],
    ["narrow", { narrow: true }],
  ] as const) {
    const page = await open("/agreement", look);
    await page.getByText("Who said what").waitFor({ timeout: SOON });
    await picture(page, `agreement-${as}`);
    expect(await overflow(page)).toBe(0);
    expect(await accessibilityFaults(page)).toEqual([]);
  }
  const page = await open("/agreement");
  const cell = page.getByRole("region", { name: "Confusion table" }).getByRole("link").first();
  const count = Number(await cell.innerText());
  const words = (await cell.getAttribute("aria-label")) ?? "";
  await cell.click();
  const queue = page.getByRole("navigation", { name: "Queue" });
  await expect.poll(() => queue.getByRole("button").count(), { timeout: SOON }).toBe(Math.min(20, count));
  expect(words).toContain((await page.locator("article").getByText("people say").first().innerText()).trim());
  await page.keyboard.press("2");
  await page.locator("fieldset [aria-pressed=true]").waitFor();
  await picture(page, "agreement-cases");
  await page.getByRole("link", { name: "Back to agreement" }).first().click();
  await page.getByText("Who said what").waitFor();
});

test("agreement is of the version and the criterion that are chosen, and stays in the address", async () => {
  const page = await open("/agreement");
  const figures = page.getByRole("region", { name: "Figures" });
  await figures.waitFor({ timeout: SOON });
  expect(await figures.innerText()).toContain("Precision");
  await page.getByLabel("About").selectOption({ index: 1 });
  await expect.poll(() => figures.innerText()).not.toContain("Precision");
  expect(page.url()).toContain("criterion=");
  await page.getByLabel("Version").selectOption({ index: 1 });
  await expect.poll(() => page.url()).toContain("%40");
  await page.goBack();
  await page.goBack();
  await expect.poll(() => figures.innerText()).toContain("Precision");
});
