/** Loads two runs and compares them. */

import { describe, type ApiError } from "../../api/problem";
import { streamEvaluations } from "../../api/stream";
import { compare, judgedOf, keysOf, type Comparison, type Judged } from "./runs";

/** The newest of a run that are compared. */
export const MAX_RUN = 2_000;

export class RunComparison {
  isLoading = $state(false);
  error = $state.raw<ApiError | null>(null);
  runs = $state.raw<{ before: Judged[]; after: Judged[] } | null>(null);
  #request: AbortController | null = null;

  /** Filters as the list has them. */
  load = async (before: URLSearchParams, after: URLSearchParams): Promise<void> => {
    this.#request?.abort();
    const request = new AbortController();
    this.#request = request;
    this.isLoading = true;
    try {
      const [first, second] = await Promise.all([run(before, request.signal), run(after, request.signal)]);
      if (request.signal.aborted) return;
      this.runs = { before: first, after: second };
      this.error = null;
    } catch (error) {
      if (!request.signal.aborted) {
        this.error = describe(error);
        this.runs = null;
      }
    } finally {
      if (this.#request === request) this.isLoading = false;
    }
  };

  get keys(): string[] {
    return this.runs ? keysOf(this.runs.before, this.runs.after) : [];
  }

  /** By the wanted label, or by the one that fits best; null where none fits. */
  by(wanted: string): Comparison | null {
    const by = wanted || this.keys[0];
    return this.runs && by ? compare(this.runs.before, this.runs.after, by) : null;
  }

  close(): void {
    this.#request?.abort();
  }
}

async function run(filters: URLSearchParams, signal: AbortSignal): Promise<Judged[]> {
  const judged: Judged[] = [];
  for await (const evaluation of streamEvaluations(filters, MAX_RUN, signal))
    judged.push(judgedOf(evaluation));
  return judged;
}
