import type { Deployment } from "@honua/contracts";

/** States in which a deployment waits for a deployment window or an approval. */
const WAITING_STATES = new Set(["Pending", "AwaitingApproval"]);

/**
 * The working time of a deployment in milliseconds. Waiting time is excluded, because a median that
 * includes a night of waiting for approval does not predict the next duration.
 */
export function workingTimeMs(history: Deployment["stateHistory"]): number {
  return history.reduce((total, { from, at }, index) => {
    const previous = history[index - 1];
    if (!previous || from === null || WAITING_STATES.has(from)) return total;
    return total + Math.max(0, Date.parse(at) - Date.parse(previous.at));
  }, 0);
}
