/** A real browser, and what holds on every page: no violation of the policy, no other host, no error, nothing that axe calls serious. */

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";

import { STATUS } from "./services.js";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

let browser: Browser;
let context: BrowserContext | null = null;
let faults: string[] = [];

beforeAll(async () => {
  browser = await chromium.launch({
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    args: FLAGS,
  });
});
afterAll(() => browser.close());
afterEach(async () => {
  await context?.close();
  context = null;
  const found = faults;
  faults = [];
  expect(found).toEqual([]);
});

export interface Look {
  dark?: boolean;
  /** As wide as a small phone. */
  narrow?: boolean;
}

/** A fresh profile's page, watched; `path` is opened. */
export async function open(path: string, { dark = false, narrow = false }: Look = {}): Promise<Page> {
  await context?.close();
  context = await browser.newContext({
    baseURL: STATUS,
    colorScheme: dark ? "dark" : "light",
    reducedMotion: "reduce",
    viewport: narrow ? { width: 360, height: 740 } : { width: 1280, height: 860 },
  });
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const page = await context.newPage();
  const origin = new URL(STATUS).origin;
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol !== "data:" && url.origin !== origin) faults.push(`a request to ${request.url()}`);
  });
  page.on("pageerror", (error) => faults.push(`an error: ${error.stack ?? error.message}`));
  page.on("console", (message) => {
    // Browsers report an answer such as 404 as an error of the page; tests say themselves what they expect of it.
    const isAnswer = message.text().startsWith("Failed to load resource");
    if (message.type() === "error" && !isAnswer) faults.push(`on the console: ${message.text()}`);
  });
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`);
    });
  });
  await page.goto(path);
  return page;
}

interface Violation {
  id: string;
  impact: string | null;
  nodes: { html: string; failureSummary: string }[];
}

/** What axe finds serious or critical. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  // Not a script of the page, so its policy does not hold for it.
  await page.evaluate(AXE);
  const violations = await page.evaluate(async () => {
    const axe = (window as unknown as { axe: { run: () => Promise<{ violations: Violation[] }> } }).axe;
    return (await axe.run()).violations;
  });
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`));
}

/** Whether the page is wider than the screen. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate(() => Math.max(0, document.documentElement.scrollWidth - window.innerWidth));
}

/** A picture of the page, where `SCREENSHOTS` names a folder. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env["SCREENSHOTS"];
  if (folder !== undefined) await page.screenshot({ path: `${folder}/${name}.png` });
}
