/** One evaluation as the page knows it, and what keeps that current. */

import { api, ask, type Schema } from "../../api/client";
import { watchEvaluation, poll, type Call } from "../../api/live";
import { describe, type ApiError } from "../../api/problem";

type Evaluation = Schema<"Evaluation">;
export type TimelineEvent = Schema<"TimelineEvent">;

/** How often it is asked why an evaluation waits, and how it is while no events come, in seconds. */
const LOOK_SECONDS = 4;
/** The most events that are asked for: the newest tell most, but the first are the start of it all. */
const MAX_EVENTS = 5_000;

export function isOver(status: Schema<"Status">): boolean {
  return status === "succeeded" || status === "failed" || status === "cancelled";
}

export class EvaluationModel {
  evaluation = $state.raw<Evaluation | null>(null);
  error = $state.raw<ApiError | null>(null);
  waiting = $state.raw<Schema<"Waiting"> | null>(null);
  events = $state.raw<TimelineEvent[]>([]);
  calls = $state.raw<Call[]>([]);
  /** Whether events come of themselves. */
  isLive = $state(false);
  isBusy = $state(false);
  /** Rises with each change of state: what else belongs to the evaluation is then asked for again. */
  generation = $state(0);

  constructor(readonly id: string) {}

  get isOver(): boolean {
    return this.evaluation !== null && isOver(this.evaluation.status);
  }

  load = async (): Promise<void> => {
    const path = { params: { path: { id: this.id } } };
    try {
      this.#take(await ask(api.GET("/v1/evaluations/{id}", path)));
      this.error = null;
      await Promise.all([this.#loadTimeline(), this.#loadCalls()]);
    } catch (error) {
      this.error = describe(error);
    }
  };

  #take(evaluation: Evaluation): void {
    if (this.evaluation?.status !== evaluation.status) this.generation++;
    this.evaluation = evaluation;
  }

  async #loadTimeline(): Promise<void> {
    let after = this.events.at(-1)?.seq ?? 0;
    for (;;) {
      const timeline = await ask(
        api.GET("/v1/evaluations/{id}/timeline", { params: { path: { id: this.id }, query: { after } } }),
      );
      this.waiting = timeline.waiting;
      this.#add(timeline.events);
      const last = timeline.events.at(-1)?.seq ?? 0;
      if (timeline.events.length < 1000 || last <= after || this.events.length >= MAX_EVENTS) return;
      after = last;
    }
  }

  #add(events: TimelineEvent[]): void {
    const last = this.events.at(-1)?.seq ?? 0;
    const fresh = events.filter(({ seq }) => seq > last);
    if (fresh.length > 0) this.events = [...this.events, ...fresh];
  }

  async #loadCalls(): Promise<void> {
    const page = await ask(api.GET("/v1/evaluations/{id}/calls", { params: { path: { id: this.id } } }));
    this.calls = page.items;
  }

  /** Keeps it current until it is over. Returns what stops it. */
  watch(): () => void {
    const stops = [
      watchEvaluation(this.id, {
        progress: ({ event, progress, status }) => {
          if (!this.evaluation) return;
          // What is told again after a new connection is of the past.
          if (event && this.events.some(({ seq }) => seq === event.seq)) return;
          const { started_at } = this.evaluation;
          const begun = started_at ?? (event?.kind === "claimed" ? event.at : null);
          this.#take({ ...this.evaluation, status, progress, started_at: begun });
          if (event) this.#add([event]);
        },
        call: (event) => {
          if (this.events.some(({ seq }) => seq === event.seq)) return;
          this.#add([event]);
          this.#loadCalls().catch((error: unknown) => (this.error = describe(error)));
        },
        done: (evaluation) => {
          this.#take(evaluation);
          this.isLive = false;
          void this.load();
        },
        connected: (isConnected) => (this.isLive = isConnected),
      }),
      poll(LOOK_SECONDS, async () => {
        if (this.isLive) await this.#loadTimeline();
        else await this.load();
      }),
    ];
    return () => {
      this.isLive = false;
      for (const stop of stops) stop();
    };
  }

  /** Cancels it or has it run again. # Errors: an `ApiError`. */
  async command(kind: "cancel" | "retry"): Promise<void> {
    this.isBusy = true;
    const path = { params: { path: { id: this.id } } };
    try {
      this.#take(
        kind === "cancel"
          ? await ask(api.POST("/v1/evaluations/{id}/cancel", path))
          : await ask(api.POST("/v1/evaluations/{id}/retry", path)),
      );
      await this.load();
    } finally {
      this.isBusy = false;
    }
  }
}
