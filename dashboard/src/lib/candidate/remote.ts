/** The page's side of a document in a worker. */

import { ApiError } from "../../api/problem";
import type { Kind, Questions, Reply } from "./protocol";

interface Open {
  resolve: (value: unknown) => void;
  reject: (error: ApiError) => void;
}

export class RemoteDocument {
  #worker: Worker;
  #open = new Map<number, Open>();
  #next = 0;

  constructor() {
    this.#worker = new Worker(new URL("./document.worker.ts", import.meta.url), { type: "module" });
    this.#worker.onmessage = (event: MessageEvent<Reply>): void => this.#hear(event.data);
    this.#worker.onerror = (): void => {
      const error = new ApiError(0, "worker", "The browser could not start what reads long texts.");
      for (const { reject } of this.#open.values()) reject(error);
      this.#open.clear();
    };
  }

  ask<K extends Kind>(kind: K, question: Questions[K]["question"]): Promise<Questions[K]["answer"]> {
    const number = this.#next++;
    return new Promise((resolve, reject) => {
      this.#open.set(number, { resolve: resolve as (value: unknown) => void, reject });
      this.#worker.postMessage({ ...question, number, kind });
    });
  }

  #hear(reply: Reply): void {
    const open = this.#open.get(reply.number);
    this.#open.delete(reply.number);
    if (!open) return;
    if ("answer" in reply) open.resolve(reply.answer);
    else {
      const { status, code, message, correlationId } = reply.problem;
      open.reject(new ApiError(status, code, message, correlationId));
    }
  }

  close(): void {
    this.#worker.terminate();
    this.#open.clear();
  }
}
