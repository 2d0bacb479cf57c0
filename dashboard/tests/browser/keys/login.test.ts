/** Logins: a key becomes a cookie that scripts cannot read, and opens what the key opens. */

import { expect, test } from "vitest";

import { accessibilityFaults, open, overflow, picture } from "../browser.js";
import { STATUS } from "../services.js";

const KEY = process.env["ADMIN_KEY"] ?? "";
const READER = process.env["READ_KEY"] ?? "";

async function login(page: Awaited<ReturnType<typeof open>>, key: string): Promise<void> {
  await page.getByLabel("API key").fill(key);
  await page.getByRole("button", { name: "Log in" }).click();
}

test("a login is a cookie that ends with a logout", async () => {
  const page = await open("/evaluations");
  await login(page, `${KEY}x`);
  await page.getByRole("alert").waitFor();
  await login(page, KEY);
  await page.getByRole("heading", { name: "Evaluations" }).waitFor();
  const [cookie, ...others] = await page.context().cookies();
  expect(others).toEqual([]);
  expect(cookie).toMatchObject({
    name: "__Host-autorater",
    httpOnly: true,
    secure: true,
    sameSite: "Strict",
    path: "/",
  });
  expect(await page.evaluate(() => document.cookie)).toBe("");
  await page.reload();
  await page.getByRole("heading", { name: "Evaluations" }).waitFor();
  await page.getByRole("button", { name: /Log out/ }).click();
  await page.getByLabel("API key").waitFor();
  expect(await page.context().cookies()).toEqual([]);
  expect((await page.request.get("/v1/evaluations")).status()).toBe(401);
});

test("a login in one tab is the login of all", async () => {
  const first = await open("/keys");
  await login(first, KEY);
  await first.getByRole("button", { name: "Make a key" }).waitFor();
  const second = await first.context().newPage();
  await second.goto("/");
  await second.getByRole("button", { name: /Log out/ }).click();
  await first.getByLabel("API key").waitFor();
  await login(second, READER);
  await first.getByText("Keys are for administrators").waitFor();
});

test("the first visit says what to post, and with a key", async () => {
  const page = await open("/");
  await login(page, KEY);
  await page.getByText("Nothing has been judged yet").waitFor();
  const text = await page.locator("main").innerText();
  expect(text).toContain(STATUS);
  expect(text).toContain(String(process.env["INGEST_URL"]));
  expect(text).toContain("$AUTORATER_KEY");
  await picture(page, "first-visit");
  expect(await accessibilityFaults(page)).toEqual([]);
});

test("a key that reads changes nothing, and sees no keys", async () => {
  const page = await open("/evaluations?status=failed");
  await login(page, READER);
  await page.getByText("No evaluation matches").waitFor();
  expect(await page.getByRole("button", { name: "Retry all…" }).count()).toBe(0);
  expect(await page.getByRole("link", { name: "Keys" }).count()).toBe(0);
  await page.goto("/keys");
  await page.getByText("Keys are for administrators").waitFor();
});

test("an administrator makes a key, sees it once and revokes it", async () => {
  const page = await open("/keys");
  await login(page, KEY);
  await page.getByLabel("Name, for people").fill("nightly runs");
  await page.getByRole("button", { name: "Make a key" }).click();
  const made = await page.locator("dialog pre").innerText();
  expect(
    (await fetch(`${STATUS}/v1/evaluations`, { headers: { authorization: `Bearer ${made}` } })).status,
  ).toBe(200);
  await page.keyboard.press("Escape");
  const row = page.locator("tr", { hasText: "nightly runs" });
  await row.getByRole("button", { name: "Revoke" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  await row.getByText("revoked").waitFor();
  await picture(page, "keys-admin");
  expect(await accessibilityFaults(page)).toEqual([]);
});

test("another site changes nothing with somebody's cookie", async () => {
  const page = await open("/");
  await login(page, KEY);
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  // As if the cookie had come along all the same: what the browser says of the sender counts.
  for (const site of ["cross-site", "same-site", "none"]) {
    const answer = await page.request.post("/v1/evaluations/retry?status=failed", {
      headers: { "sec-fetch-site": site },
    });
    expect(answer.status(), site).toBe(403);
  }
  const own = await page.evaluate(
    async () => (await fetch("/v1/evaluations/retry?status=failed&dry_run=true", { method: "POST" })).status,
  );
  expect(own).toBe(200);
});

test.for([
  { name: "light", look: {} },
  { name: "dark", look: { dark: true } },
  { name: "narrow", look: { narrow: true } },
])("the login can be read: $name", async ({ name, look }) => {
  const page = await open("/", look);
  await page.getByLabel("API key").waitFor();
  await picture(page, `login-${name}`);
  expect(await overflow(page)).toBe(0);
  expect(await accessibilityFaults(page)).toEqual([]);
});

test("what one login saw, the next does not", async () => {
  await fetch(`${String(process.env["INGEST_URL"])}/v1/evaluations`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${KEY}` },
    body: JSON.stringify({ output: "Seen by one of two." }),
  });
  const page = await open("/evaluations");
  await login(page, KEY);
  const rows = page.locator("tbody tr[data-id]");
  await rows.first().waitFor();
  await page.getByRole("button", { name: /Log out/ }).click();
  await page.getByLabel("API key").waitFor();
  // Whatever is shown now was remembered.
  await page.route(/\/v1\/evaluations/, (route) => route.abort());
  await login(page, READER);
  await page.getByRole("heading", { name: "Evaluations" }).waitFor();
  await page.getByRole("alert").waitFor();
  expect(await rows.count()).toBe(0);
});

test("who may read may label", async () => {
  const page = await open("/evaluations?status=succeeded");
  await login(page, READER);
  await page.locator("tbody tr[data-id] a").first().click();
  await page.getByRole("button", { name: "0.75" }).click();
  await page.getByLabel("Your name").fill("reader");
  await page.getByRole("button", { name: /Store 1 label/ }).click();
  await page.locator("section", { hasText: "1 label" }).first().waitFor();
});
