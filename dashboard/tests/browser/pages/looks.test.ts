/** Every page that shows the whole system: light, dark, on a phone, without a mouse. */

import { beforeAll, expect, test } from "vitest";

import { accessibilityFaults, open, overflow, picture } from "../browser.js";
import { label, post, provider, SOON, until } from "../services.js";

/** An evaluation that failed, and some that did not. */
let failed = "";

beforeAll(async () => {
  await provider();
  const good = await Promise.all(
    Array.from({ length: 5 }, (_, index) =>
      post({
        output: `A sentence of a certain length, number ${String(index)}.`,
        metadata: { run: label("looks") },
      }),
    ),
  );
  await Promise.all(good.map((id) => until(id, "succeeded")));
  await provider([{ fault: "status", status: 400 }]);
  failed = await post({ output: "What the provider refuses.", metadata: { run: label("looks") } });
  await until(failed, "failed");
  await provider();
}, 120_000);

const PAGES = [
  { name: "overview", path: "/?range=24h", ready: "Pass rate with its interval, and coverage" },
  { name: "providers", path: "/providers", ready: "Waiting for its limits" },
  { name: "dead-letters", path: "/dead-letters", ready: "provider rejected: " },
  { name: "webhooks", path: "/webhooks", ready: "No webhook has been sent" },
  { name: "agreement-none", path: "/agreement?rubric=grounded-answer", ready: "Nobody has labelled this" },
  { name: "keys", path: "/keys", ready: "Keys are off here" },
];
const LOOKS = [
  { name: "light", look: {} },
  { name: "dark", look: { dark: true } },
  { name: "narrow", look: { narrow: true } },
];

test.for(PAGES.flatMap((page) => LOOKS.map((look) => ({ ...page, as: look.name, look: look.look }))))(
  "$name can be read: $as",
  async ({ name, path, ready, as, look }) => {
    const page = await open(path, look);
    await page.getByText(ready).first().waitFor({ timeout: SOON });
    await picture(page, `${name}-${as}`);
    expect(await overflow(page)).toBe(0);
    expect(await accessibilityFaults(page)).toEqual([]);
  },
);

test("a dead letter says why, and runs again", async () => {
  const page = await open("/dead-letters?error_code=provider_rejected");
  const row = page.locator(`tr[data-id="${failed}"]`);
  await row.getByText("provider rejected: ").waitFor();
  await row.getByRole("button", { name: "Retry" }).click();
  await row.getByText("pending").waitFor();
  await until(failed, "succeeded");
});

test("the theme is the reader's choice, and stays", async () => {
  const page = await open("/providers");
  const background = (): Promise<string> =>
    page.evaluate(() => getComputedStyle(document.body.parentElement ?? document.body).backgroundColor);
  const light = await background();
  await page.getByRole("button", { name: "Theme: system" }).click();
  await page.getByRole("button", { name: "Theme: light" }).click();
  await page.getByRole("button", { name: "Theme: dark" }).waitFor();
  await expect.poll(background).not.toBe(light);
  const dark = await background();
  await page.reload();
  await page.getByRole("button", { name: "Theme: dark" }).waitFor();
  await expect.poll(background).toBe(dark);
});

test("nothing jumps while the overview loads", async () => {
  const page = await open("/?range=24h");
  await page.getByText("Pass rate with its interval, and coverage").waitFor();
  const shift = await page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        let sum = 0;
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) sum += (entry as unknown as { value: number }).value;
        }).observe({ type: "layout-shift", buffered: true });
        requestAnimationFrame(() => setTimeout(() => resolve(sum), 100));
      }),
  );
  // What web.dev calls good is below 0.1.
  expect(shift).toBeLessThan(0.1);
});

test("an address that leads nowhere says so", async () => {
  const page = await open("/nowhere/at/all");
  await page.getByText("There is no such page").waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
});

test("a text that looks like markup is text", async () => {
  const hostile = "<img src=x onerror=alert(1)>";
  const id = await post({
    output: hostile,
    metadata: { [`<b>${"run"}</b>`]: hostile, run: label("hostile") },
  });
  await until(id, "succeeded");
  const page = await open(`/evaluations?metadata.run=${label("hostile")}`);
  await page.getByText(hostile).waitFor();
  expect(await page.locator("main img").count()).toBe(0);
});
