/** Whole evaluations, one after the other, from the export: lists have only summaries. */

import type { Schema } from "./client";
import { ApiError, isProblem } from "./problem";

type Evaluation = Schema<"Evaluation">;

/** Evaluations that match `query`, the newest first; at most so many of them. # Errors: an `ApiError`. */
export async function* streamEvaluations(
  query: URLSearchParams,
  limit: number,
  signal: AbortSignal,
): AsyncGenerator<Evaluation> {
  let response: Response;
  try {
    response = await fetch(`/v1/evaluations/export?${query.toString()}`, {
      signal,
      credentials: "same-origin",
    });
  } catch (error) {
    if (signal.aborted) throw error;
    throw ApiError.unreachable();
  }
  if (!response.ok || !response.body) {
    const problem: unknown = await response.json().catch(() => null);
    throw isProblem(problem) ? ApiError.of(problem) : ApiError.status(response.status);
  }
  let count = 0;
  for await (const line of lines(response.body)) {
    yield JSON.parse(line) as Evaluation;
    if (++count >= limit) return;
  }
}

/** The lines of a stream of bytes. Leaving the loop closes the stream. */
export async function* lines(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      rest += decoder.decode(value, { stream: !done });
      const parts = rest.split("\n");
      rest = parts.pop() ?? "";
      for (const part of parts) if (part !== "") yield part;
      if (done) break;
    }
    if (rest !== "") yield rest;
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
