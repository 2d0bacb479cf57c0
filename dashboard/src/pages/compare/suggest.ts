/** Two runs that may be worth comparing, from the newest evaluations. */

import type { Schema } from "../../api/client";
import { METADATA } from "../../lib/filters";

export interface Suggestion {
  label: string;
  before: string;
  after: string;
}

/** Labels that tell runs apart, and not candidates. */
const RUNS = ["run", "agent", "branch", "commit", "release", "version", "experiment"];

/** For each rubric with two versions, each such label and two models: the newest against the one before it. */
export function suggest(evaluations: readonly Schema<"EvaluationSummary">[]): Suggestion[] {
  const found: Suggestion[] = [];
  const rubrics = new Map<string, string[]>();
  for (const reference of distinct(evaluations.map(({ rubric }) => rubric))) {
    const [name = "", version = ""] = reference.split("@");
    if (/^\d+$/.test(version)) rubrics.set(name, [...(rubrics.get(name) ?? []), reference]);
  }
  for (const versions of rubrics.values()) {
    const [after, before] = versions.toSorted((a, b) => versionOf(b) - versionOf(a));
    if (before && after) found.push(of("rubric", before, after));
  }
  for (const key of RUNS) {
    // The newest evaluations come first, so the newest run does.
    const [after, before] = distinct(evaluations.flatMap(({ metadata }) => metadata[key] ?? []));
    if (before !== undefined && after !== undefined) found.push(of(METADATA + key, before, after));
  }
  const [one, other] = distinct(evaluations.flatMap(({ model }) => model ?? []));
  if (one !== undefined && other !== undefined) found.push(of("model", other, one));
  return found;
}

function versionOf(reference: string): number {
  return Number(reference.split("@")[1]);
}

function distinct(values: readonly string[]): string[] {
  return [...new Set(values)];
}

function of(key: string, before: string, after: string): Suggestion {
  const name = key.startsWith(METADATA) ? key.slice(METADATA.length) : key;
  return { label: `${name}: ${before} → ${after}`, before: typed(key, before), after: typed(key, after) };
}

/** As it is typed into the field. */
function typed(key: string, value: string): string {
  return `${key}:${/[\s"]/.test(value) ? `"${value.replaceAll('"', "")}"` : value}`;
}
