import { expect, test } from "vitest";

import { prefixEnd, utf16Offsets, utf8Length } from "./utf8";

const TEXTS = ["plain", "naïve café", "שלום עולם", "a👩‍👩‍👧b🇦🇶c", "日本語 text", "\u0000\r\n\ttab", ""];

test("every byte offset leads to the character that it is in", () => {
  for (const text of TEXTS) {
    const bytes = new TextEncoder().encode(text);
    const offsets = Array.from({ length: bytes.length + 3 }, (_, index) => index);
    const found = utf16Offsets(text, offsets);
    let [unit, byte] = [0, 0];
    for (const character of text) {
      const size = new TextEncoder().encode(character).length;
      for (let within = 0; within < size; within++) expect(found[byte + within]).toBe(unit);
      byte += size;
      unit += character.length;
    }
    for (const beyond of found.slice(bytes.length)) expect(beyond).toBe(text.length);
  }
});

test("a quote's bytes are its words, behind emoji and from right to left", () => {
  const text = "👩‍👩‍👧 said: שלום, world";
  for (const quote of ["said:", "שלום", "world", "👩‍👩‍👧"]) {
    const start = new TextEncoder().encode(text.slice(0, text.indexOf(quote))).length;
    const end = start + new TextEncoder().encode(quote).length;
    // The order in which they are asked for is no matter.
    const [to, from] = utf16Offsets(text, [end, start]);
    expect(text.slice(from, to)).toBe(quote);
  }
});

test("half of a pair counts as the character that a decoder puts in its place", () => {
  expect(utf8Length("a\ud800b")).toBe(5);
  expect(utf8Length("a\udc00b")).toBe(5);
  expect(utf16Offsets("a\ud800b", [4])).toEqual([2]);
});

test("a beginning never ends within a character", () => {
  expect(prefixEnd("a👩b", 1)).toBe(1);
  expect(prefixEnd("a👩b", 4)).toBe(1);
  expect(prefixEnd("a👩b", 5)).toBe(3);
  expect(prefixEnd("a👩b", 100)).toBe(4);
});
