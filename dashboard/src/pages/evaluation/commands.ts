/** What does the same in a shell. */

import { quote } from "../../lib/curl";

interface Options {
  /** Where this page came from: status-api. */
  origin: string;
  ingest: string;
  /** Of the payload. */
  path: string;
  needsKey: boolean;
}

/** Posts the same payload again. It goes from one command to the other, since it may be megabytes. */
export function commandsOf({ origin, ingest, path, needsKey }: Options): string {
  const key = needsKey ? ` -H "authorization: Bearer $AUTORATER_KEY"` : "";
  return [
    `curl -sS${key} ${quote(origin + path)} |`,
    `  curl -sS${key} -H 'content-type: application/json' --data-binary @- ${quote(`${ingest}/v1/evaluations`)}`,
  ].join("\n");
}
