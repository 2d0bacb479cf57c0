import { readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";

import { expect, test } from "vitest";

import { filesIn } from "./compress.js";

test("what is built unpacks to itself", () => {
  const plain = filesIn("dist").filter((name) => !/\.(br|gz)$/.test(name));
  expect(plain).toContain("index.html");
  for (const name of plain) {
    const path = join("dist", name);
    const text = readFileSync(path);
    expect(brotliDecompressSync(readFileSync(`${path}.br`)).equals(text), name).toBe(true);
    expect(gunzipSync(readFileSync(`${path}.gz`)).equals(text), name).toBe(true);
  }
});
