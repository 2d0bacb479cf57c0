/** The history that `bin/demo` leaves, as a first visitor sees it; the README's pictures are taken here. */

import { expect, test } from "vitest";

import { accessibilityFaults, open, picture } from "../browser.js";
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
