/** What a person should look at: the newest evaluations that nobody labelled, the most doubtful first; or those of which people and judges said something. */

import { api, ask, type Schema } from "../../api/client";
import { describe, type ApiError } from "../../api/problem";
import { streamEvaluations } from "../../api/stream";
import { words } from "../../lib/format";
import { doubtsOf, type Doubt, type Kind } from "./doubt";

export interface Case {
  evaluation: Schema<"Evaluation">;
  doubts: Doubt[];
}

/** A cell of a confusion table: what people say and what judges say. */
export interface CellOf {
  criterion: string;
  human: string;
  judge: string;
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

  load = (rubric: string, kind: Kind | "", cell: CellOf | null): Promise<void> =>
    this.#ask((signal) => (cell ? casesOf(rubric, cell, signal) : inDoubt(rubric, kind, signal)));

  async #ask(find: (signal: AbortSignal) => Promise<Found>): Promise<void> {
    this.#request?.abort();
    const request = new AbortController();
    this.#request = request;
    this.isLoading = true;
    try {
      const { cases, seen } = await find(request.signal);
      if (request.signal.aborted) return;
      this.cases = cases;
      this.seen = seen;
      this.error = null;
    } catch (error) {
      if (!request.signal.aborted) this.error = describe(error);
    } finally {
      if (this.#request === request) this.isLoading = false;
    }
  }

  /** Takes one away that was labelled. */
  remove(id: string): void {
    this.cases = this.cases.filter(({ evaluation }) => evaluation.id !== id);
  }

  close(): void {
    this.#request?.abort();
  }
}

interface Found {
  cases: Case[];
  seen: number;
}

async function inDoubt(rubric: string, kind: Kind | "", signal: AbortSignal): Promise<Found> {
  const query = new URLSearchParams({ status: "succeeded", labelled: "false" });
  if (rubric !== "") query.set("rubric", rubric);
  const thresholds = new Map<string, number | null>();
  const cases: Case[] = [];
  let seen = 0;
  for await (const evaluation of streamEvaluations(query, LOOK_THROUGH, signal)) {
    seen++;
    const { assessment } = evaluation;
    if (!assessment) continue;
    const doubts = doubtsOf(assessment, await threshold(evaluation.rubric, thresholds));
    if (doubts.length > 0 && (kind === "" || doubts.some((doubt) => doubt.kind === kind)))
      cases.push({ evaluation, doubts });
  }
  const weight = ({ doubts }: Case): number => doubts[0]?.weight ?? 0;
  return { cases: cases.sort((a, b) => weight(b) - weight(a)).slice(0, MAX_CASES), seen };
}

/** The newest of a cell. */
async function casesOf(rubric: string, of: CellOf, signal: AbortSignal): Promise<Found> {
  const query = { rubric, ...(of.criterion === "" ? {} : { criterion: of.criterion }) };
  const { confusion } = await ask(api.GET("/v1/agreement", { params: { query }, signal }));
  const cell = confusion.cells.find(({ human, judge }) => human === of.human && judge === of.judge);
  const why = `people say ${words(of.human)}, judges ${words(of.judge)}`;
  const cases = (cell?.cases ?? []).map(async ({ id }): Promise<Case> => {
    const evaluation = await ask(api.GET("/v1/evaluations/{id}", { params: { path: { id } }, signal }));
    return { evaluation, doubts: [{ kind: "disagreement", weight: 1, why }] };
  });
  return { cases: await Promise.all(cases), seen: cell?.count ?? 0 };
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
