/** Short news: shown for a while in a corner, and read out by screen readers. */

export interface Notice {
  id: number;
  text: string;
  kind: "info" | "error";
}

/** How long one stays, in ms; errors stay until they are closed. */
const STAYS_MS = 6_000;

class Notices {
  list = $state<Notice[]>([]);
  /** Read out, and shown nowhere. */
  spoken = $state("");
  #next = 1;

  show(text: string, kind: Notice["kind"] = "info"): void {
    const id = this.#next++;
    this.list.push({ id, text, kind });
    if (kind === "info") setTimeout(() => this.close(id), STAYS_MS);
  }

  close(id: number): void {
    this.list = this.list.filter((notice) => notice.id !== id);
  }

  /** For screen readers alone: news that others see on the page itself. */
  say(text: string): void {
    this.spoken = text;
  }
}

export const notices = new Notices();
