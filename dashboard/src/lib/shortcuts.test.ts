import { afterEach, expect, test, vi } from "vitest";

import { shortcuts } from "./shortcuts.svelte";

afterEach(() => vi.unstubAllGlobals());

function press(...keys: string[]): void {
  for (const key of keys)
    shortcuts.press(Object.assign(new Event("keydown", { cancelable: true }), { key }) as KeyboardEvent);
}

test("the second key of a sequence is not the page's own key", () => {
  const Field = vi.fn();
  for (const name of ["HTMLInputElement", "HTMLTextAreaElement", "HTMLSelectElement"])
    vi.stubGlobal(name, Field);
  vi.stubGlobal("document", { querySelector: () => null });
  const done: string[] = [];
  const act = (keys: string) => ({ keys, does: keys, act: () => done.push(keys) });
  const remove = shortcuts.add(["g r", "g e", "r", "j"].map(act));
  vi.spyOn(Event.prototype, "target", "get").mockReturnValue({
    closest: () => null,
  } as unknown as EventTarget);
  press("g", "r");
  press("g", "j");
  press("j", "r");
  press("g", "g", "e");
  expect(done).toEqual(["g r", "j", "r", "g e"]);
  remove();
});
