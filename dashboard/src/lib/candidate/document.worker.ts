/** Holds one document and answers questions about it. */

import { ApiError, describe, isProblem } from "../../api/problem";
import { TextDocument } from "./document";
import type { Reply, Request } from "./protocol";

let text = new TextDocument(null);

async function open(url: string): Promise<{ bytes: number }> {
  let response: Response;
  try {
    response = await fetch(url, { credentials: "same-origin", headers: { accept: "application/json" } });
  } catch {
    throw ApiError.unreachable();
  }
  const body = await response.arrayBuffer();
  const parse = (): unknown => JSON.parse(new TextDecoder().decode(body));
  if (!response.ok) {
    let problem: unknown = null;
    try {
      problem = parse();
    } catch {
      // Not from the API; its status says enough.
    }
    throw isProblem(problem) ? ApiError.of(problem) : ApiError.status(response.status);
  }
  text = new TextDocument(parse());
  return { bytes: body.byteLength };
}

async function answer(request: Request): Promise<unknown> {
  switch (request.kind) {
    case "open":
      return open(request.url);
    case "parts":
      return text.parts(request.pointer);
    case "count":
      return text.count(request.pointer);
    case "steps":
      return text.steps(request.pointer, request.from, request.to);
    case "mark":
      text.mark(request.pointer, request.spans);
      return null;
    case "info":
      return text.info(request.view);
    case "rows":
      return text.rows(request.view, request.from, request.to);
    case "rowOf":
      return text.rowOf(request.view, request.id);
  }
}

self.onmessage = async (event: MessageEvent<Request>): Promise<void> => {
  const { number } = event.data;
  let reply: Reply;
  try {
    reply = { number, answer: await answer(event.data) };
  } catch (error) {
    const { status, code, message, correlationId } = describe(error);
    reply = { number, problem: { status, code, message, correlationId } };
  }
  self.postMessage(reply);
};
