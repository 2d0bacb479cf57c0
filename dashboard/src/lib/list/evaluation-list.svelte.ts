/** A list of evaluations, page by page, newest first. Rows never move while they are read: what is new is counted, what changed is
 *  changed in its place. */

import { api, ask, type Schema } from "../../api/client";
import { type ApiError, describe } from "../../api/problem";

export type Item = Schema<"EvaluationSummary">;

/** Rows that have left the filter, of which each is asked for by itself: so many at a time. */
const MOST_ALONE = 10;
/** Rows of a page: what a large screen shows twice over. */
const PAGE = 100;

interface LoadedPage {
  /** Where it begins in the API's words; null: at the newest. */
  cursor: string | null;
  start: number;
}

export class EvaluationList {
  items = $state.raw<Item[]>([]);
  error = $state.raw<ApiError | null>(null);
  isLoading = $state(false);
  /** Whether the first page has come. */
  isReady = $state(false);
  /** Whether there is more below. */
  hasMore = $state(false);
  /** Rows above the first that have come since; `PAGE` stands for that or more. */
  newer = $state(0);
  selected = $state(-1);
  scrollY = 0;

  #next: string | null = null;
  #pages: LoadedPage[] = [];
  /** Rises with each restart: a page that was asked for before belongs to other rows. */
  #generation = 0;

  constructor(readonly filters: URLSearchParams) {}

  get mayBeMoreNewer(): boolean {
    return this.newer >= PAGE;
  }

  /** The first page, anew. */
  restart = async (): Promise<void> => {
    this.#generation++;
    await this.#guard(async (isCurrent) => {
      const page = await this.#fetch(null);
      if (!isCurrent()) return;
      this.items = page.items;
      this.#pages = [{ cursor: null, start: 0 }];
      this.#setNext(page.next_cursor);
      this.newer = 0;
      this.selected = -1;
      this.isReady = true;
    });
  };

  /** The page below. */
  more = async (): Promise<void> => {
    const cursor = this.#next;
    if (this.isLoading || cursor === null) return;
    await this.#guard(async (isCurrent) => {
      const page = await this.#fetch(cursor);
      if (!isCurrent()) return;
      this.#pages.push({ cursor, start: this.items.length });
      this.items = [...this.items, ...page.items];
      this.#setNext(page.next_cursor);
    });
  };

  /** Looks what is new above, and what has changed of the rows from `first` to `last`. */
  refresh = async (first: number, last: number): Promise<void> => {
    if (this.isLoading || !this.isReady) return;
    try {
      const head = await this.#fetch(null);
      const known = new Set(this.items.map((item) => item.id));
      const firstKnown = head.items.findIndex((item) => known.has(item.id));
      const newer = firstKnown < 0 ? head.items.length : firstKnown;
      if (this.items.length === 0 && newer > 0) {
        await this.restart();
        return;
      }
      this.newer = newer;
      const seen = new Set(head.items.map(({ id }) => id));
      this.#update(head.items);
      for (const page of this.#pages.filter(
        (page) => page.cursor !== null && this.#isOpen(page, first, last),
      )) {
        const { items } = await this.#fetch(page.cursor);
        for (const { id } of items) seen.add(id);
        this.#update(items);
      }
      const gone = this.items
        .slice(first, last + 1)
        .filter(({ id, status }) => isOpen(status) && !seen.has(id));
      this.#update(await Promise.all(gone.slice(0, MOST_ALONE).map(this.#now)));
      this.error = null;
    } catch (error) {
      this.error = describe(error);
    }
  };

  /** Puts an evaluation in its row, where it has one. */
  replace(changed: Item): void {
    this.#update([changed]);
  }

  /** Whether a page has rows in view that may still change by themselves. */
  #isOpen({ start }: LoadedPage, first: number, last: number): boolean {
    const from = Math.max(start, first);
    const to = Math.min(start + PAGE, last + 1);
    return this.items.slice(from, to).some(({ status }) => isOpen(status));
  }

  #update(changed: Item[]): void {
    const byId = new Map(changed.map((item) => [item.id, item]));
    if (this.items.some((item) => byId.has(item.id))) {
      this.items = this.items.map((item) => byId.get(item.id) ?? item);
    }
  }

  #setNext(cursor: string | null): void {
    this.#next = cursor;
    this.hasMore = cursor !== null;
  }

  async #guard(act: (isCurrent: () => boolean) => Promise<void>): Promise<void> {
    const generation = this.#generation;
    const isCurrent = (): boolean => generation === this.#generation;
    this.isLoading = true;
    try {
      await act(isCurrent);
      if (isCurrent()) this.error = null;
    } catch (error) {
      if (isCurrent()) this.error = describe(error);
    } finally {
      if (isCurrent()) this.isLoading = false;
    }
  }

  /** A row as its evaluation is now. */
  #now = async ({ id }: Item): Promise<Item> => {
    const { assessment, ...rest } = await ask(api.GET("/v1/evaluations/{id}", { params: { path: { id } } }));
    return {
      ...rest,
      outcome: assessment?.outcome ?? null,
      reason: assessment?.reason ?? null,
      score: assessment?.score ?? null,
      passed: assessment?.passed ?? null,
      flags: assessment?.flags ?? [],
    };
  };

  #fetch(cursor: string | null): Promise<Schema<"Page_EvaluationSummary">> {
    const query = {
      ...Object.fromEntries(this.filters),
      limit: PAGE,
      ...(cursor === null ? {} : { cursor }),
    };
    return ask(api.GET("/v1/evaluations", { params: { query } }));
  }
}

function isOpen(status: Schema<"Status">): boolean {
  return status === "pending" || status === "running";
}

/** Lists that were left, so that back leads to the same rows at the same place. */
const left = new Map<string, EvaluationList>();
const MAX_LEFT = 5;

/** The list with these filters: as it was left when one comes back to it, else a new one. */
export function openList(page: string, filters: URLSearchParams, isReturn: boolean): EvaluationList {
  const key = `${page}?${filters.toString()}`;
  const known = isReturn ? left.get(key) : undefined;
  const list = known ?? new EvaluationList(filters);
  left.delete(key);
  left.set(key, list);
  const [oldest] = left.keys();
  if (left.size > MAX_LEFT && oldest !== undefined) left.delete(oldest);
  return list;
}
