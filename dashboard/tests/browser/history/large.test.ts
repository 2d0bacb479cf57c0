/** A list of a million evaluations is there at once. */

import { expect, test } from "vitest";

import { open, picture } from "../browser.js";

/** From the click to the rows, in ms. */
const BOUND = 100;

test("a page of a million evaluations takes less than 100 ms", async () => {
  const page = await open("/evaluations");
  const rows = page.locator("tbody tr[data-id]");
  await rows.first().waitFor();
  await picture(page, "evaluations-million");
  const took: number[] = [];
  for (let round = 0; round < 7; round += 1) {
    for (const label of ["Not passed", "Failed", "Unscorable", "All"]) {
      const time = await page.evaluate(async (label) => {
        const list = document.querySelector("main");
        const button = [...document.querySelectorAll<HTMLButtonElement>(".quick button")].find(
          (each) => each.textContent === label,
        );
        if (!list || !button) throw new Error(`no button ${label}`);
        const before = document.querySelector("tbody tr[data-id]")?.getAttribute("data-id");
        const begun = performance.now();
        button.click();
        await new Promise<void>((resolve) => {
          const look = (): void => {
            const first = document.querySelector("tbody tr[data-id]");
            if (first && first.getAttribute("data-id") !== before) resolve();
            else requestAnimationFrame(look);
          };
          requestAnimationFrame(look);
        });
        return performance.now() - begun;
      }, label);
      took.push(time);
    }
  }
  took.sort((a, b) => a - b);
  const middle = took[Math.floor(took.length / 2)] ?? Infinity;
  console.log(
    `from a click to its rows, of ${String(took.length)}: median ${middle.toFixed(0)} ms, most ${(took.at(-1) ?? 0).toFixed(0)} ms`,
  );
  expect(middle).toBeLessThan(BOUND);
});

test("rows are drawn only where they are seen, page after page", async () => {
  const page = await open("/evaluations");
  const table = page.locator("table");
  await page.locator("tbody tr[data-id]").first().waitFor();
  for (let wheel = 0; wheel < 30; wheel += 1) {
    await page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight));
    await page.waitForFunction(
      (height) => document.documentElement.scrollHeight > height,
      await page.evaluate(() => document.documentElement.scrollHeight - 1),
    );
  }
  await expect.poll(() => page.evaluate(() => document.documentElement.scrollHeight)).toBeGreaterThan(40_000);
  expect(await table.locator("tr[data-id]").count()).toBeLessThan(100);
});
