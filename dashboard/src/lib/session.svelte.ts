/** Who is logged in. */

import { api, ask, type Schema, whenUnauthenticated } from "../api/client";
import { type ApiError, describe } from "../api/problem";

/** All pages of a browser share its cookie: what one of them does to the login, the others hear of. */
const others = new BroadcastChannel("session");

class Session {
  current = $state.raw<Schema<"Session"> | null>(null);
  error = $state.raw<ApiError | null>(null);

  constructor() {
    whenUnauthenticated(() => void this.load());
    others.onmessage = () => void this.load();
  }

  /** Whether a key has to be shown first. */
  get isNeeded(): boolean {
    return this.current !== null && this.current.scopes.length === 0;
  }

  can(scope: Schema<"Session">["scopes"][number]): boolean {
    const scopes = this.current?.scopes ?? [];
    return scopes.includes(scope) || scopes.includes("admin");
  }

  load = async (): Promise<void> => {
    try {
      const found = await ask(api.GET("/v1/session"));
      // What pages remember of one login is nothing for the next: only a page that is loaded anew has forgotten all of it.
      if (this.current !== null && this.current.key_id !== null && this.current.key_id !== found.key_id) {
        location.reload();
        return;
      }
      this.current = found;
      this.error = null;
    } catch (error) {
      this.error = describe(error);
    }
  };

  /** # Errors: an `ApiError` when the key is not good. */
  async login(key: string): Promise<void> {
    this.current = await ask(api.POST("/v1/session", { body: { key } }));
    others.postMessage(null);
  }

  async logout(): Promise<void> {
    await ask(api.DELETE("/v1/session"));
    others.postMessage(null);
    await this.load();
  }
}

export const session = new Session();
