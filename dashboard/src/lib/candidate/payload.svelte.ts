/** What was sent, in a worker: the page knows its parts, and asks for rows of them. */

import type { Schema } from "../../api/client";
import { describe, type ApiError } from "../../api/problem";
import { RemoteDocument } from "./remote";

export interface Section {
  pointer: string;
  title: string;
  bytes: number;
  /** Whether it is what is judged, and not what that was made from. */
  isJudged: boolean;
  /** How many messages it has, if it is a conversation. */
  steps?: number;
  /** Of a comparison. */
  side?: "first" | "second";
}

const TEXTS: [pointer: string, title: string, isJudged: boolean][] = [
  ["/output", "Output", true],
  ["/change/patch", "Patch", true],
  ["/change/test_log", "Test log", true],
  ["/change/base", "What the patch applies to", false],
  ["/input", "Input", false],
  ["/context", "Context", false],
  ["/reference", "Reference", false],
];

export class Payload {
  readonly document = new RemoteDocument();
  isLoaded = $state(false);
  bytes = $state(0);
  sections = $state.raw<Section[]>([]);
  error = $state.raw<ApiError | null>(null);

  constructor(readonly id: string) {}

  get url(): string {
    return `/v1/evaluations/${encodeURIComponent(this.id)}/payload`;
  }

  /** Whether two are compared: null while nobody knows, since without a result only what was sent tells it. */
  compares(assessment: Schema<"Assessment"> | null): boolean | null {
    if (assessment?.preference) return true;
    if (assessment?.score == null && !this.isLoaded && !this.error) return null;
    return this.sections.some(({ side }) => side);
  }

  load = async (): Promise<void> => {
    this.error = null;
    try {
      const { bytes } = await this.document.ask("open", { url: this.url });
      this.bytes = bytes;
      this.sections = await this.#sections();
      this.isLoaded = true;
    } catch (error) {
      this.error = describe(error);
    }
  };

  async #sections(): Promise<Section[]> {
    const { document } = this;
    const sections: Section[] = [];
    for (const [index, side] of (["first", "second"] as const).entries()) {
      const pointer = `/outputs/${String(index)}`;
      const [id, text] = await Promise.all([
        document.ask("rows", {
          view: { pointer: `${pointer}/id`, columns: 256, limit: null },
          from: 0,
          to: 1,
        }),
        document.ask("parts", { pointer: `${pointer}/text` }),
      ]);
      const name = (id[0]?.pieces ?? []).map((piece) => piece.text).join("");
      const found = text[0];
      if (!found && name === "") continue;
      sections.push({
        pointer: `${pointer}/text`,
        title: `${side === "first" ? "First" : "Second"}: ${name}`,
        bytes: found?.bytes ?? 0,
        isJudged: true,
        side,
      });
    }
    for (const pointer of ["/trajectory", "/input"]) {
      const steps = await document.ask("count", { pointer });
      if (steps === 0) continue;
      const isJudged = pointer === "/trajectory";
      const title = isJudged ? "Trajectory" : "Input, a conversation";
      sections.push({ pointer, title, bytes: 0, isJudged, steps });
    }
    for (const [pointer, title, isJudged] of TEXTS) {
      if (sections.some((section) => section.pointer === pointer)) continue;
      const found = (await document.ask("parts", { pointer })).find((part) => part.pointer === pointer);
      if (found) sections.push({ pointer, title, bytes: found.bytes, isJudged });
    }
    return sections;
  }

  close(): void {
    this.document.close();
  }
}
