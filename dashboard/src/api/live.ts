/** What keeps a page current: one evaluation by its stream of events, everything else by asking again. */

import { untrack } from "svelte";

import type { components } from "./schema";

type Evaluation = components["schemas"]["Evaluation"];
export type ProgressEvent = components["schemas"]["ProgressEvent"];
export type Call = components["schemas"]["Call"];
export type TimelineEvent = components["schemas"]["TimelineEvent"];

export interface Listener {
  progress?: (event: ProgressEvent) => void;
  /** A reply was recorded. */
  call?: (event: TimelineEvent) => void;
  /** The evaluation has ended; the stream is over. */
  done: (evaluation: Evaluation) => void;
  /** Whether events come: false while the connection is broken and being made anew. */
  connected?: (isConnected: boolean) => void;
}

/** How long to wait after a stream that the server refused, in ms. */
const RETRY_MS = 5_000;

/** Listens to an evaluation until it ends. Returns what stops it. */
export function watchEvaluation(id: string, listener: Listener): () => void {
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const open = (): void => {
    source = new EventSource(`/v1/evaluations/${encodeURIComponent(id)}/events`);
    const on = <T>(name: string, act: ((value: T) => void) | undefined): void => {
      source?.addEventListener(name, (event) => act?.(JSON.parse((event as MessageEvent<string>).data) as T));
    };
    on("progress", listener.progress);
    on("call", listener.call);
    on<Evaluation>("done", (evaluation) => {
      source?.close();
      listener.done(evaluation);
    });
    source.onopen = () => listener.connected?.(true);
    source.onerror = () => {
      listener.connected?.(false);
      // A broken connection the browser makes anew by itself, from the last event on; a refusal it does not.
      if (source?.readyState === EventSource.CLOSED) timer = setTimeout(open, RETRY_MS);
    };
  };
  open();
  return () => {
    clearTimeout(timer);
    source?.close();
  };
}

/** Asks at once and then again and again: `seconds` after each answer, not while nobody looks at the page. Returns what stops it. */
export function poll(seconds: number, act: (signal: AbortSignal) => Promise<void>): () => void {
  const stop = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isRunning = false;
  const run = async (): Promise<void> => {
    clearTimeout(timer);
    if (isRunning || stop.signal.aborted) return;
    isRunning = true;
    try {
      // `act` shows its own errors: here one only must not end the asking.
      // Untracked: what it reads is no reason for the effect that polls to begin anew.
      await untrack(() => act(stop.signal)).catch(() => undefined);
    } finally {
      isRunning = false;
    }
    if (!stop.signal.aborted && !document.hidden) timer = setTimeout(() => void run(), seconds * 1000);
  };
  const onVisible = (): void => {
    if (!document.hidden) void run();
  };
  document.addEventListener("visibilitychange", onVisible);
  void run();
  return () => {
    stop.abort();
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", onVisible);
  };
}
