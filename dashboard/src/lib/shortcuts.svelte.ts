/** Keys of the keyboard: a page says which it takes, `?` lists them all. */

import { onDestroy } from "svelte";

export interface Shortcut {
  /** As `KeyboardEvent.key` has it; two with a space between are pressed one after the other, such as `g e`. */
  keys: string;
  does: string;
  act: (event: KeyboardEvent) => void;
}

/** How long the second of two keys may take, in ms. */
const PAUSE_MS = 1_500;

class Shortcuts {
  /** No state: while one case gives way to the next, the old one would take what the new one added away with its own. */
  list: readonly Shortcut[] = [];
  #first = "";
  #at = 0;

  /** Adds some. Returns what takes them away. */
  add(added: Shortcut[]): () => void {
    this.list = [...this.list, ...added];
    return () => {
      this.list = this.list.filter((shortcut) => !added.includes(shortcut));
    };
  }

  /** For `keydown` on the window. */
  press = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target as HTMLElement;
    if (event.key === "Escape" && isField(target)) {
      target.blur();
      return;
    }
    if (isField(target) || document.querySelector("dialog[open]")) return;
    // Enter and space belong to what has the focus.
    if ((event.key === "Enter" || event.key === " ") && target.closest("a, button, summary, [role=button]"))
      return;
    const now = Date.now();
    const begun = `${this.#first} `;
    const isSecond = now - this.#at < PAUSE_MS && this.list.some(({ keys }) => keys.startsWith(begun));
    const wanted = isSecond ? begun + event.key : event.key;
    // What a page adds comes before what is always there; the second of two keys is never one by itself.
    const found = this.list.findLast(({ keys }) => keys === wanted);
    this.#first = event.key;
    this.#at = now;
    if (!found) return;
    event.preventDefault();
    this.#first = "";
    found.act(event);
  };
}

function isField(element: HTMLElement): boolean {
  if (element instanceof HTMLInputElement) return !["checkbox", "radio", "button"].includes(element.type);
  return (
    element instanceof HTMLTextAreaElement ||
    element instanceof HTMLSelectElement ||
    element.isContentEditable
  );
}

export const shortcuts = new Shortcuts();

/** Shortcuts of a component, for as long as it is there. */
export function useShortcuts(list: Shortcut[]): void {
  onDestroy(shortcuts.add(list));
}
