/** Why a call brought nothing. */

import type { components } from "./schema";

type Problem = components["schemas"]["Problem"];

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly correlationId: string | null = null,
    readonly fields: Problem["errors"] = [],
  ) {
    super(message);
    this.name = "ApiError";
  }

  /** From a problem document. */
  static of(problem: Problem): ApiError {
    const fields = problem.errors ?? [];
    const detail = [problem.detail, ...fields.map((field) => `${field.pointer} ${field.message}`)].join("; ");
    return new ApiError(problem.status, problem.code, detail, problem.correlation_id ?? null, fields);
  }

  /** Of an answer that is no problem document: something between us and the service wrote it. */
  static status(status: number): ApiError {
    return new ApiError(status, "unexpected_answer", `The answer was ${String(status)}, without a reason.`);
  }

  /** No answer came. */
  static unreachable(): ApiError {
    return new ApiError(
      0,
      "unreachable",
      "status-api does not answer. It may be restarting, or the network is away.",
    );
  }
}

export function isProblem(value: unknown): value is Problem {
  return (
    typeof value === "object" && value !== null && "code" in value && "detail" in value && "status" in value
  );
}

/** What to say of anything that was thrown. */
export function describe(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError(0, "internal", error instanceof Error ? error.message : String(error));
}
