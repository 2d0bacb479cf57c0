/** A rubric as lines of text, so that two versions can be told apart line by line. */

import type { Schema } from "../../api/client";

type Rubric = Schema<"Rubric">;

export function describeRubric(rubric: Rubric): string[] {
  const lines: string[] = [];
  const add = (text: string, depth = 0): void => {
    for (const line of text.split("\n")) lines.push("  ".repeat(depth) + line);
  };
  if (rubric.description) add(rubric.description);
  add(rubric.pass_threshold == null ? "no pass mark" : `passes from ${String(rubric.pass_threshold)}`);
  if (rubric.model) add(`judge model ${rubric.model}`);
  if (rubric.fallback === false) add("no other model may answer");
  if (rubric.webhook) add(`webhook ${rubric.webhook.url}`);
  for (const criterion of rubric.criteria) {
    add("");
    add(criterion.name);
    add(`weight ${String(criterion.weight ?? 1)}`, 1);
    if (criterion.may_not_apply) add("may not apply", 1);
    if (criterion.locate) add("names the step at which it failed", 1);
    for (const line of scaleLines(criterion.scale)) add(line, 1);
    if (criterion.description) add(criterion.description, 1);
  }
  if (rubric.steps?.length) {
    add("");
    add("steps");
    for (const [index, step] of rubric.steps.entries()) add(`${String(index + 1)}. ${step}`, 1);
  }
  if (rubric.prompt) {
    add("");
    add(`prompt of its own${rubric.prompt.syntax ? ` (${rubric.prompt.syntax})` : ""}`);
    if (rubric.prompt.system) {
      add("system:", 1);
      add(rubric.prompt.system, 2);
    }
    add("user:", 1);
    add(rubric.prompt.user, 2);
  }
  if (rubric.reply) add(`reply ${JSON.stringify(rubric.reply)}`);
  return lines;
}

function scaleLines(scale: Schema<"Scale"> | undefined): string[] {
  if (!scale) return ["from 1 to 5"];
  if (scale.type === "boolean") return ["yes or no"];
  if (scale.type === "categories")
    return Object.entries(scale.values).map(([word, worth]) => `${word} = ${String(worth)}`);
  const anchors = Object.entries(scale.anchors ?? {}).sort(([a], [b]) => Number(a) - Number(b));
  return [
    `from ${String(scale.min)} to ${String(scale.max)}`,
    ...anchors.map(([value, text]) => `${value}: ${text}`),
  ];
}

/** Changes with so many unchanged lines around them; the rest is left out. */
export function hunks<T extends { kind: string }>(lines: readonly T[], around = 3): (T | number)[] {
  const isShown = lines.map((_, index) =>
    lines.slice(Math.max(0, index - around), index + around + 1).some(({ kind }) => kind !== "same"),
  );
  const shown: (T | number)[] = [];
  for (const [index, line] of lines.entries()) {
    const last = shown.at(-1);
    if (isShown[index]) shown.push(line);
    else if (typeof last === "number") shown[shown.length - 1] = last + 1;
    else shown.push(1);
  }
  return shown;
}
