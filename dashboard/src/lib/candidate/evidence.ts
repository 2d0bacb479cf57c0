/** The quotes of an assessment, numbered, and by the text that they stand in. */

import type { Schema } from "../../api/client";
import type { ByteSpan } from "./document";

export interface Quote {
  /** From 1, through the whole assessment: what is written beside the quote and beside its place. */
  id: number;
  criterion: string;
  text: string;
  isFound: boolean;
  /** The text that holds it, and where; null where it has no single place. */
  place: { pointer: string; start: number; end: number } | null;
}

export function quotesOf(criteria: readonly Schema<"CriterionScore">[]): Quote[] {
  let id = 0;
  return criteria.flatMap(({ name, evidence }) =>
    evidence.map(({ quote, found, pointer, start, end }) => ({
      id: ++id,
      criterion: name,
      text: quote,
      isFound: found,
      place: pointer != null && start != null && end != null ? { pointer, start, end } : null,
    })),
  );
}

/** A criterion that failed at a message of the trajectory. */
export interface Failure {
  step: number;
  criterion: string;
}

export function failuresOf(criteria: readonly Schema<"CriterionScore">[]): Failure[] {
  return criteria.flatMap(({ name, failure_step: step }) =>
    step == null ? [] : [{ step, criterion: name }],
  );
}

/** What is to be marked in a text. */
export function spansIn(quotes: readonly Quote[], pointer: string): ByteSpan[] {
  return quotes.flatMap(({ id, place }) =>
    place?.pointer === pointer ? [{ id, start: place.start, end: place.end }] : [],
  );
}

/** The message of a trajectory that a pointer leads into; null: none. */
export function stepOf(pointer: string | undefined): number | null {
  const found = /^\/trajectory\/(\d+)/.exec(pointer ?? "");
  return found ? Number(found[1]) : null;
}
