/** Which page an address is. Each page is a file of its own, loaded when it is first opened. */

import type { Component } from "svelte";

export type Parameters = Record<string, string>;
/** A page that has no parameters in its path takes none. */
export type Page = Component<{ parameters: Parameters }> | Component<Record<string, never>>;

export interface Route {
  /** From the root; a segment such as `:id` is a parameter. */
  path: string;
  title: string;
  load: () => Promise<{ default: Page }>;
}

export const ROUTES: readonly Route[] = [
  { path: "/", title: "Overview", load: () => import("../pages/overview/Overview.svelte") },
  {
    path: "/evaluations",
    title: "Evaluations",
    load: () => import("../pages/evaluations/Evaluations.svelte"),
  },
  {
    path: "/evaluations/:id",
    title: "Evaluation",
    load: () => import("../pages/evaluation/Evaluation.svelte"),
  },
  { path: "/labels", title: "Labels", load: () => import("../pages/labels/Labels.svelte") },
  {
    path: "/agreement",
    title: "Agreement",
    load: () => import("../pages/agreement/Agreement.svelte"),
  },
  { path: "/rubrics", title: "Rubrics", load: () => import("../pages/rubrics/Rubrics.svelte") },
  { path: "/rubrics/:name", title: "Rubric", load: () => import("../pages/rubrics/Rubrics.svelte") },
  { path: "/compare", title: "Compare", load: () => import("../pages/compare/Compare.svelte") },
  { path: "/providers", title: "Providers", load: () => import("../pages/providers/Providers.svelte") },
  {
    path: "/dead-letters",
    title: "Dead letters",
    load: () => import("../pages/dead-letters/DeadLetters.svelte"),
  },
  { path: "/webhooks", title: "Webhooks", load: () => import("../pages/webhooks/Webhooks.svelte") },
  { path: "/keys", title: "Keys", load: () => import("../pages/keys/Keys.svelte") },
];

/** The route of a path and its parameters. */
export function match(path: string): { route: Route; parameters: Parameters } | null {
  const segments = split(path);
  for (const route of ROUTES) {
    const parameters = fit(split(route.path), segments);
    if (parameters) return { route, parameters };
  }
  return null;
}

function split(path: string): string[] {
  return path.split("/").filter((segment) => segment !== "");
}

function fit(pattern: string[], segments: string[]): Parameters | null {
  if (pattern.length !== segments.length) return null;
  const parameters: Parameters = {};
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? "";
    if (part.startsWith(":")) {
      try {
        parameters[part.slice(1)] = decodeURIComponent(segment);
      } catch {
        return null;
      }
    } else if (part !== segment) return null;
  }
  return parameters;
}
