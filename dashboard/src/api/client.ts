/** The API, typed by its own OpenAPI document. */

import createClient from "openapi-fetch";

import { ApiError, isProblem } from "./problem";
import type { components, paths } from "./schema";

type Schemas = components["schemas"];
/** A type of the API by its name. */
export type Schema<Name extends keyof Schemas> = Schemas[Name];

/** Told of each answer 401: the login is no longer good. */
let onUnauthenticated: () => void = () => undefined;

/** Says what shall happen when a call is refused because nobody is logged in. */
export function whenUnauthenticated(act: () => void): void {
  onUnauthenticated = act;
}

export const api = createClient<paths>({
  baseUrl: location.origin,
  credentials: "same-origin",
});

interface Answer<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

/** What a call brought; every other end of it is an [`ApiError`]. */
export async function ask<Data>(call: Promise<Answer<Data>>): Promise<Data> {
  let answer: Answer<Data>;
  try {
    answer = await call;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw ApiError.unreachable();
  }
  const { data, error, response } = answer;
  if (response.ok) return data as Data;
  if (response.status === 401) onUnauthenticated();
  throw isProblem(error) ? ApiError.of(error) : ApiError.status(response.status);
}
