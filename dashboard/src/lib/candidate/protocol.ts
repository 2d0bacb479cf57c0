/** What the page and the worker with its document say to each other. */

import type { ByteSpan, Part, Row, Step, TextInfo, View } from "./document";

export interface Questions {
  /** Fetches the document. Says how many bytes came. */
  open: { question: { url: string }; answer: { bytes: number } };
  parts: { question: { pointer: string }; answer: Part[] };
  count: { question: { pointer: string }; answer: number };
  steps: { question: { pointer: string; from: number; to: number }; answer: Step[] };
  mark: { question: { pointer: string; spans: ByteSpan[] }; answer: null };
  info: { question: { view: View }; answer: TextInfo };
  rows: { question: { view: View; from: number; to: number }; answer: Row[] };
  rowOf: { question: { view: View; id: number }; answer: number | null };
}

export type Kind = keyof Questions;

export type Request = { [K in Kind]: { number: number; kind: K } & Questions[K]["question"] }[Kind];

export type Reply =
  | { number: number; answer: unknown }
  | {
      number: number;
      problem: { status: number; code: string; message: string; correlationId: string | null };
    };
