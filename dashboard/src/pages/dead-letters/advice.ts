/** What to do about evaluations that failed for a reason. */

const ADVICE: Record<string, string> = {
  attempts_exhausted:
    "The provider did not answer, or only with passing errors, in every attempt. Look at Providers; retry once it is well again.",
  poison:
    "Workers died while they held it, too often for chance. Look at the workers' logs before retrying many.",
  deadline_exceeded:
    "It was not done in time. More workers, or a longer deadline, help; a retry keeps the deadline while it is ahead, and has none once it has passed.",
  provider_rejected:
    "The provider refused the call in a way that asking again does not change: a key, a model, a parameter. Change that first.",
  budget_exceeded:
    "The budget of the tenant, or of the key that posted it, had no room for its next call. Raise the budget or wait for the next period, then retry.",
  unreadable: "What is stored of it cannot be read. Post the candidate again.",
};

export function advice(code: string): string {
  // A code of an address may be anything, `__proto__` as well.
  return Object.hasOwn(ADVICE, code) ? (ADVICE[code] ?? "") : "";
}
