/** Versions of rubrics that pages ask for: a version never changes, so each is asked for once. */

import { SvelteMap } from "svelte/reactivity";

import { api, ask, type Schema } from "../api/client";

export type RubricVersion = Schema<"RubricVersion">;

const known = new SvelteMap<string, RubricVersion | null>();
const asked = new Set<string>();

/** The version `name@1`; null while it is not here, and for an inline one, which is nowhere stored. */
export function rubricVersion(reference: string): RubricVersion | null {
  const found = known.get(reference);
  if (found === undefined && !asked.has(reference) && /@\d+$/.test(reference)) {
    asked.add(reference);
    ask(api.GET("/v1/rubrics/{name}", { params: { path: { name: reference } } })).then(
      (version) => known.set(reference, version),
      // What is shown with it is an addition: without it the page says less, and nothing wrong.
      () => asked.delete(reference),
    );
  }
  return found ?? null;
}

/** From which score on it passes. */
export function thresholdOf(reference: string): number | null {
  return rubricVersion(reference)?.pass_threshold ?? null;
}
