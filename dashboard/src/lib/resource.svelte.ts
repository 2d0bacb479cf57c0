/** Something that a page shows and asks the API for: what is there, whether more is coming, and what went wrong. */

import { poll } from "../api/live";
import { ApiError, describe } from "../api/problem";

export class Resource<T> {
  /** What came last; kept while it is asked for again, so that nothing on the page jumps. */
  data = $state.raw<T | null>(null);
  error = $state.raw<ApiError | null>(null);
  isLoading = $state(false);
  /** When `data` came, in ms. */
  at = $state(0);

  #load: (signal: AbortSignal) => Promise<T>;
  #request: AbortController | null = null;

  constructor(load: (signal: AbortSignal) => Promise<T>) {
    this.#load = load;
  }

  /** Asks; an answer to an earlier question is no longer heard. */
  reload = async (): Promise<void> => {
    this.#request?.abort();
    const request = new AbortController();
    this.#request = request;
    this.isLoading = true;
    try {
      const data = await this.#load(request.signal);
      if (request.signal.aborted) return;
      this.data = data;
      this.at = Date.now();
      this.error = null;
    } catch (error) {
      if (!request.signal.aborted) this.error = describe(error);
    } finally {
      if (this.#request === request) this.isLoading = false;
    }
  };

  /** Forgets what is there, for when it was of something else. */
  clear(): void {
    this.#request?.abort();
    this.data = null;
    this.error = null;
  }

  /** Asks now and every so many seconds. Returns what stops it: for `$effect`. */
  every(seconds: number): () => void {
    const stop = poll(seconds, () => this.reload());
    return () => {
      stop();
      this.#request?.abort();
    };
  }
}
