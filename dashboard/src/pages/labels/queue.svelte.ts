/** What a person should look at: the newest evaluations that nobody labelled, the most doubtful first. */

import { api, ask, type Schema } from "../../api/client";
import { describe, type ApiError } from "../../api/problem";
import { streamEvaluations } from "../../api/stream";
import { doubtsOf, type Doubt, type Kind } from "./doubt";

export interface Case {
  evaluation: Schema<"Evaluation">;
  doubts: Doubt[];
}

/** How many are looked through, the newest first. */
const LOOK_THROUGH = 400;
/** How many are offered at once. */
const MAX_CASES = 100;

export class LabelQueue {
  cases = $state.raw<Case[]>([]);
  seen = $state(0);
  isLoading = $state(true);
  error = $state.raw<ApiError | null>(null);
  #request: AbortController | null = null;

  load = async (rubric: string, kind: Kind | ""): Promise<void> => {
    this.#request?.abort();
    const request = new AbortController();
    this.#request = request;
    this.isLoading = true;
    try {
      const query = new URLSearchParams({ status: "succeeded", labelled: "false" });
      if (rubric !== "") query.set("rubric", rubric);
      const thresholds = new Map<string, number | null>();
      const found: Case[] = [];
      let seen = 0;
      for await (const evaluation of streamEvaluations(query, LOOK_THROUGH, request.signal)) {
        seen++;
        const { assessment } = evaluation;
        if (!assessment) continue;
        const doubts = doubtsOf(assessment, await threshold(evaluation.rubric, thresholds));
        if (doubts.length > 0 && (kind === "" || doubts.some((doubt) => doubt.kind === kind)))
          found.push({ evaluation, doubts });
      }
      if (request.signal.aborted) return;
      const weight = ({ doubts }: Case): number => doubts[0]?.weight ?? 0;
      this.cases = found.sort((a, b) => weight(b) - weight(a)).slice(0, MAX_CASES);
      this.seen = seen;
      this.error = null;
    } catch (error) {
      if (!request.signal.aborted) this.error = describe(error);
    } finally {
      if (this.#request === request) this.isLoading = false;
    }
  };

  /** Takes one away that was labelled. */
  remove(id: string): void {
    this.cases = this.cases.filter(({ evaluation }) => evaluation.id !== id);
  }

  close(): void {
    this.#request?.abort();
  }
}

/** The pass mark of a rubric version, asked for once. */
async function threshold(reference: string, known: Map<string, number | null>): Promise<number | null> {
  const found = known.get(reference);
  if (found !== undefined) return found;
  let mark: number | null = null;
  if (/@\d+$/.test(reference)) {
    const version = await ask(api.GET("/v1/rubrics/{name}", { params: { path: { name: reference } } }));
    mark = version.pass_threshold ?? null;
  }
  known.set(reference, mark);
  return mark;
}
