/** Calls as commands to paste into a shell. */

/** A text as one word of a POSIX shell. */
export function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

interface Options {
  method?: string;
  /** Sent as JSON. */
  body?: string;
  /** Whether callers show keys. */
  needsKey: boolean;
}

/** `curl …` of a call to a whole address. */
export function curl(url: string, { method, body, needsKey }: Options): string {
  const parts = [`curl -sS ${method === undefined ? "" : `-X ${method} `}${quote(url)}`];
  if (needsKey) parts.push(`-H "authorization: Bearer $AUTORATER_KEY"`);
  if (body !== undefined) parts.push("-H 'content-type: application/json'", `-d ${quote(body)}`);
  return parts.join(" \\\n  ");
}
