import { expect, test } from "vitest";

import { curl, quote } from "./curl";

test("a word is quoted for the shell", () => {
  expect(quote("http://127.0.0.1:8081/v1/evaluations")).toBe("http://127.0.0.1:8081/v1/evaluations");
  expect(quote("a?b=1&c=$(d)")).toBe("'a?b=1&c=$(d)'");
  expect(quote("it's")).toBe(`'it'\\''s'`);
});

test("a key is asked for only where callers show one", () => {
  expect(curl("http://h/v1", { needsKey: false })).toBe("curl -sS http://h/v1");
  expect(curl("http://h/v1", { method: "POST", needsKey: true, body: "{}" })).toBe(
    `curl -sS -X POST http://h/v1 \\\n  -H "authorization: Bearer $AUTORATER_KEY" \\\n  -H 'content-type: application/json' \\\n  -d '{}'`,
  );
});
