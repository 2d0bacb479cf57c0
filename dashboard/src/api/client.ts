/** The API, typed by its own OpenAPI document. */

import type { Client } from "openapi-fetch";

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

interface Options {
  params?: { path?: Record<string, string>; query?: Record<string, unknown> };
  body?: unknown;
  signal?: AbortSignal;
}

/** A method as `openapi-fetch` has it, of which only the types are used: itself it would take much of the room there is. */
function method(method: string) {
  return async (path: string, { params, body, signal }: Options = {}): Promise<Answer<unknown>> => {
    const at = path.replace(/\{(\w+)\}/g, (_, name: string) =>
      encodeURIComponent(params?.path?.[name] ?? ""),
    );
    const url = new URL(at, location.origin);
    for (const [key, value] of Object.entries(params?.query ?? {}))
      if (value != null) url.searchParams.append(key, String(value));
    const request = new Request(url, {
      method,
      credentials: "same-origin",
      ...(signal ? { signal } : {}),
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } }),
    });
    const response = await fetch(request);
    const text = await response.text();
    if (response.ok) return { data: text === "" ? undefined : JSON.parse(text), response };
    try {
      return { error: JSON.parse(text), response };
    } catch {
      // What is between may answer in its own words: the status says it then.
      return { error: text, response };
    }
  };
}

export const api = {
  GET: method("GET"),
  POST: method("POST"),
  DELETE: method("DELETE"),
} as unknown as Client<paths>;

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
