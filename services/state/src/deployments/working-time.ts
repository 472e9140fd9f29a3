import type { Deployment } from "@honua/contracts";

/** In these states a deployment waits for a window or for people. */
const WAITING_STATES = new Set(["Pending", "AwaitingApproval"]);

/**
 * Milliseconds that a deployment was worked on. Waiting is left out: a median that held a night of
 * waiting for approval would tell nobody how long the next deployment takes.
 */
export function workingTimeMs(history: Deployment["stateHistory"]): number {
  return history.reduce((total, { from, at }, index) => {
    const previous = history[index - 1];
    if (!previous || from === null || WAITING_STATES.has(from)) return total;
    return total + Math.max(0, Date.parse(at) - Date.parse(previous.at));
  }, 0);
}
