/** The services that the tests run against, and what can be asked of them. */

function variable(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: run cargo xtask dashboard --browser`);
  return value;
}

export const STATUS = variable("STATUS_URL");
export const INGEST = variable("INGEST_URL");

/** How long anything may take that the services do by themselves, in ms. */
export const SOON = 20_000;

async function json<T>(response: Response): Promise<T> {
  if (!response.ok) throw new Error(`${response.url}: ${String(response.status)} ${await response.text()}`);
  return (await response.json()) as T;
}

/** Tells this run of the tests from others on the same data. */
const RUN = String(Date.now());

/** A label of `metadata` that no other run of the tests has. */
export function label(name: string): string {
  return `${name}-${RUN}`;
}

/** Has a candidate judged; the evaluation's id. */
export async function post(payload: Record<string, unknown>): Promise<string> {
  const response = await fetch(`${INGEST}/v1/evaluations`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ run: RUN, ...payload }),
  });
  return (await json<{ id: string }>(response)).id;
}

/** Something of status-api. */
export async function get<T>(path: string): Promise<T> {
  return json<T>(await fetch(`${STATUS}${path}`));
}

interface Evaluation {
  id: string;
  status: string;
}

/** Waits until an evaluation is in a state. */
export async function until(id: string, status: string): Promise<void> {
  const end = Date.now() + SOON;
  for (;;) {
    const evaluation = await get<Evaluation>(`/v1/evaluations/${id}?wait=1`);
    if (evaluation.status === status) return;
    if (Date.now() > end) throw new Error(`${id} is ${evaluation.status}, not ${status}`);
  }
}

/** Tells the simulated provider what to answer; without faults it answers well. */
export async function provider(faults: Record<string, unknown>[] = []): Promise<void> {
  await json(
    await fetch(`${variable("MOCK_URL")}/mock/config`, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ faults }),
    }),
  );
}
