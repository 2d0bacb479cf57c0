/** Candidates that are made to do harm: markup, text that turns around, and very much of it. */

import { beforeAll, expect, test } from "vitest";

import { accessibilityFaults, open, overflow } from "../browser.js";
import { post, provider, SOON, STATUS, until } from "../services.js";

/** The longest that the page may be busy without looking up, in ms. */
const LONGEST_TASK = 50;

beforeAll(() => provider());

async function judged(output: string, title: string): Promise<string> {
  const id = await post({ output, metadata: { title } });
  await until(id, "succeeded");
  return id;
}

test("markup and control characters are shown, and do nothing", async () => {
  const hostile = [
    "<script>window.harmed = 1</script><img src=x onerror='window.harmed = 2'>",
    "\u202eesrever\u202c \u2066isolated\u2069 zero\u200bwidth \u{e0041}tag \u0000 nul \u001b[31mred",
    "[link](javascript:window.harmed=3) {{ 7 * 7 }} ${7 * 7}",
  ].join("\n");
  const title = "<b>title</b>\u202eesrever";
  const id = await judged(hostile, title);
  const page = await open(`/evaluations/${id}`);
  await page.getByText("<script>window.harmed = 1</script>").first().waitFor();
  expect(await page.evaluate(() => "harmed" in window)).toBe(false);
  expect(await page.locator("main script, main img, main b").count()).toBe(0);
  const text = await page.locator("main").innerText();
  for (const character of "\u202e\u202c\u2066\u2069\u200b\u0000\u001b\u{e0041}")
    expect(text).not.toContain(character);
  const rows = page.getByRole("region", { name: "Output" });
  for (const name of ["RLO", "PDF", "LRI", "PDI", "ZWSP", "TAG", "NUL", "ESC"])
    expect(await rows.innerText()).toContain(name);
  expect(await accessibilityFaults(page)).toEqual([]);
});

const line = (index: number): string => `${String(index)}: שורה 👩‍👩‍👧 ${"x".repeat(index % 50)} \u202e`;
interface Large {
  name: string;
  output: string;
  /** In the last row. */
  last: string;
}
const LARGE: Large[] = [
  { name: "5 MB in one line", output: "word ".repeat(1_048_576), last: "word" },
  {
    name: "5 MB of emoji and of control characters",
    output: `${"👩‍👩‍👧\u202e".repeat(250_000)}\nthe end`,
    last: "the end",
  },
  {
    name: "100,000 lines",
    output: Array.from({ length: 100_000 }, (_, index) => line(index)).join("\n") + "\nthe end",
    last: "the end",
  },
  { name: "3,000,000 empty lines", output: `first${"\n".repeat(3_000_000)}the end`, last: "the end" },
];

test.for(LARGE)(
  "$name: a preview first, all of it on demand, never busy for long",
  { timeout: 120_000 },
  async ({ name, output, last }) => {
    const id = await judged(output, name);
    const page = await open("/providers");
    // Chromium tells of every task of more than 50 ms.
    await page.addInitScript(() => {
      const tasks: number[] = [];
      (window as unknown as { tasks: number[] }).tasks = tasks;
      new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) tasks.push(Math.round(duration));
      }).observe({ type: "longtask", buffered: true });
    });
    await page.goto(`/evaluations/${id}`);
    const rows = page.getByRole("region", { name: "Output" });
    const all = page.getByRole("button", { name: "Show all of it" });
    await all.waitFor({ timeout: SOON });
    // What the browser needs for a first page of any kind does not count: the payload comes after it.
    await page.evaluate(() => ((window as unknown as { tasks: number[] }).tasks.length = 0));
    await all.click();
    await all.waitFor({ state: "detached", timeout: SOON });
    await rows.evaluate((box) => (box.scrollTop = box.scrollHeight / 2));
    await expect.poll(() => rows.locator(".line").count()).toBeGreaterThan(10);
    await expect
      .poll(
        async () => {
          await rows.evaluate((box) => (box.scrollTop = box.scrollHeight));
          return (await rows.locator(".line").last().innerText()).includes(last);
        },
        { timeout: SOON },
      )
      .toBe(true);
    expect(await page.locator(".line").count()).toBeLessThan(300);
    const tasks = await page.evaluate(() => (window as unknown as { tasks: number[] }).tasks);
    expect(tasks.filter((duration) => duration > LONGEST_TASK)).toEqual([]);
    expect(await overflow(page)).toBe(0);
    const download = page.getByRole("link", { name: "Download as it was sent" });
    expect(await download.getAttribute("href")).toBe(`/v1/evaluations/${id}/payload`);
  },
);

test("a quote behind the preview is shown with all that is before it", async () => {
  const output = `${"filler line\n".repeat(50_000)}the needle is here\n`;
  await provider([
    {
      fault: "reply",
      text: {
        criteria: { good: { rationale: "It is there.", evidence: ["the needle is here"], score: 4 } },
        summary: "s",
      },
    },
  ]);
  const id = await post({ output, rubric: { criteria: [{ name: "good" }] }, metadata: { title: "Needle" } });
  await until(id, "succeeded");
  await provider();
  const page = await open(`/evaluations/${id}`);
  await page.getByRole("button", { name: "Show quote 1 in the candidate" }).click();
  await page.locator("mark.active").getByText("the needle is here").waitFor({ timeout: SOON });
  await expect.poll(() => page.locator("mark.active").isVisible()).toBe(true);
});

test("what turns text around does so nowhere: in lists, of providers, in filters", async () => {
  const turned = `model-${String(Date.now())}\u202e`;
  const id = await post({ output: "x", model: turned, metadata: { case: "a\u202eb", title: "t\u202eu" } });
  await until(id, "succeeded");
  for (const path of [
    `/evaluations?model=${encodeURIComponent(turned)}`,
    "/evaluations?metadata.case=a%E2%80%AEb",
    "/providers",
    "/compare",
  ]) {
    const page = await open(path);
    await page.locator("main .control").getByText("RLO").first().waitFor({ timeout: SOON });
    expect(await page.locator("main").innerText(), path).not.toContain("\u202e");
  }
});

test("an address with two slashes is a page of this host", async () => {
  const page = await open(`${STATUS}//evaluations`);
  await page.getByRole("button", { name: "Failed", exact: true }).click();
  await expect.poll(() => page.url()).toBe(`${STATUS}/evaluations?status=failed`);
});
