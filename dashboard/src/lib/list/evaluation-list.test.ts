import { afterAll, beforeAll, expect, test, vi } from "vitest";

type Answers = Record<string, unknown>;

/** What the API answers, by the end of the address; a promise is waited for. */
let answers: Answers = {};
const asked: string[] = [];
let lists: typeof import("./evaluation-list.svelte");

beforeAll(async () => {
  vi.stubGlobal("location", { origin: "http://status" });
  vi.stubGlobal("fetch", async ({ url }: Request) => {
    const { pathname, searchParams } = new URL(url);
    const key = searchParams.get("cursor") ?? pathname.slice("/v1/evaluations".length);
    asked.push(key);
    return Response.json(await answers[key]);
  });
  lists = await import("./evaluation-list.svelte");
});
afterAll(() => vi.unstubAllGlobals());

const row = (id: string, status = "running") => ({ id, status });
const page = (rows: unknown[], next: string | null = null) => ({ items: rows, next_cursor: next });

test("a row that has left the filter is shown as it is now", async () => {
  const list = new lists.EvaluationList(new URLSearchParams("status=running"));
  answers = { "": page([row("a"), row("b"), row("c")]) };
  await list.restart();
  answers = {
    "": page([row("b")]),
    "/a": { ...row("a", "succeeded"), assessment: { outcome: "scored", score: 0.5, flags: ["f"] } },
  };
  asked.length = 0;
  // The third is not in view.
  await list.refresh(0, 1);
  expect(list.error).toBe(null);
  expect(list.items.map(({ status }) => status)).toEqual(["succeeded", "running", "running"]);
  expect(list.items[0]).toMatchObject({ outcome: "scored", score: 0.5, passed: null, flags: ["f"] });
  expect(asked).toEqual(["", "/a"]);
});

test("so many rows that left are asked for at a time, and no more", async () => {
  const list = new lists.EvaluationList(new URLSearchParams());
  const rows = Array.from({ length: 30 }, (_, index) => row(String(index)));
  answers = { "": page(rows) };
  await list.restart();
  answers = { "": page([]), ...Object.fromEntries(rows.map(({ id }) => [`/${id}`, row(id, "cancelled")])) };
  await list.refresh(0, 29);
  expect(list.items.filter(({ status }) => status === "cancelled")).toHaveLength(10);
});

test("a page that was asked for before a restart is not put under the new rows", async () => {
  const list = new lists.EvaluationList(new URLSearchParams());
  answers = { "": page([row("a")], "next") };
  await list.restart();
  let answerLate: (page: unknown) => void = () => undefined;
  const late = new Promise((resolve) => (answerLate = resolve));
  answers = { "": page([row("b")], "other"), next: late };
  const more = list.more();
  await list.restart();
  answerLate(page([row("old")]));
  await more;
  expect(list.items.map(({ id }) => id)).toEqual(["b"]);
  expect([list.hasMore, list.isLoading]).toEqual([true, false]);
});
