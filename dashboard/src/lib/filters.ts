/** The filters of lists, exports and commands: those of the API, by the same names in our own addresses. */

export interface Filter {
  key: string;
  label: string;
  /** How it is entered; `choice` has `values`. */
  kind: "choice" | "text" | "time" | "score";
  values?: readonly string[];
  placeholder?: string;
}

/** What `metadata.KEY` filters begin with. */
export const METADATA = "metadata.";

const YES_NO = ["true", "false"] as const;

export const FILTERS: readonly Filter[] = [
  {
    key: "status",
    label: "Status",
    kind: "choice",
    values: ["pending", "running", "succeeded", "failed", "cancelled"],
  },
  { key: "outcome", label: "Outcome", kind: "choice", values: ["scored", "abstained", "unscorable"] },
  { key: "passed", label: "Passed", kind: "choice", values: YES_NO },
  { key: "rubric", label: "Rubric", kind: "text", placeholder: "name or name@version" },
  {
    key: "strategy",
    label: "Strategy",
    kind: "choice",
    values: ["direct", "cot", "debate", "cascade"],
  },
  { key: "model", label: "Model", kind: "text", placeholder: "gpt-4o" },
  { key: "min_score", label: "Score from", kind: "score", placeholder: "0 to 1" },
  { key: "max_score", label: "Score to", kind: "score", placeholder: "0 to 1" },
  { key: "created_after", label: "Posted after", kind: "time" },
  { key: "created_before", label: "Posted before", kind: "time" },
  {
    key: "error_code",
    label: "Error",
    kind: "choice",
    values: [
      "attempts_exhausted",
      "poison",
      "deadline_exceeded",
      "provider_rejected",
      "budget_exceeded",
      "unreadable",
    ],
  },
  { key: "reason", label: "Reason without a score", kind: "text", placeholder: "judge_disagreement" },
  { key: "flag", label: "Flag", kind: "text", placeholder: "injection_suspected" },
  { key: "labelled", label: "Labelled by people", kind: "choice", values: YES_NO },
  { key: "correlation_id", label: "Correlation id", kind: "text" },
];

const BY_KEY = new Map(FILTERS.map((filter) => [filter.key, filter]));

export function isFilter(key: string): boolean {
  return BY_KEY.has(key) || (key.startsWith(METADATA) && key.length > METADATA.length);
}

/** What a filter is called. */
export function filterLabel(key: string): string {
  return BY_KEY.get(key)?.label ?? key;
}

/** The filters of a query, without all else, in a fixed order: equal ones are equal texts. */
export function filtersOf(query: URLSearchParams): URLSearchParams {
  // Of one that is there twice the last counts.
  const found = [...new Map(query)].filter(([key, value]) => isFilter(key) && value !== "");
  const place = (key: string): number => {
    const index = FILTERS.findIndex((filter) => filter.key === key);
    return index < 0 ? FILTERS.length : index;
  };
  found.sort(([a], [b]) => place(a) - place(b) || a.localeCompare(b));
  return new URLSearchParams(found);
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export interface Typed {
  /** An evaluation's id: somebody wants to see it. */
  id?: string;
  filters: [string, string][];
  /** Words that are no filter. */
  unknown: string[];
}

/** Reads what was typed, such as `status:failed metadata.agent:"coder 7"`. */
export function readTyped(text: string): Typed {
  const typed: Typed = { filters: [], unknown: [] };
  const trimmed = text.trim();
  if (UUID.test(trimmed)) return { ...typed, id: trimmed.toLowerCase() };
  for (const [token] of trimmed.matchAll(/(?:[^\s"]|"[^"]*"?)+/g)) {
    const [, key = "", value = ""] = /^([^:="]+)[:=](.*)$/s.exec(token) ?? [];
    const plain = value.replaceAll('"', "");
    if (isFilter(key) && plain !== "") typed.filters.push([key, plain]);
    else typed.unknown.push(token);
  }
  return typed;
}
