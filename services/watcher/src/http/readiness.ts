import type { ReadinessChecks } from "@honua/service-kit";
import { POLL_OVERDUE } from "../watch/overdue-poll.ts";
import type { SourceStatusTracker } from "../watch/source-status.ts";

/**
 * The watcher is ready if the bus is connected, every source was polled successfully at least once,
 * and no poll is overdue.
 */
export function readinessChecks(deps: {
  busFault: () => string | undefined;
  statuses: () => readonly SourceStatusTracker[] | undefined;
}): ReadinessChecks {
  return {
    MessageBus: deps.busFault,
    GitRepository: () => {
      const statuses = deps.statuses();
      if (!statuses) return "Waiting for the message bus.";
      const unready = statuses
        .map((status) => status.current())
        .filter(({ commit, code }) => !commit || code === POLL_OVERDUE);
      const reasons = unready.map(({ environment, reason }) => `${environment}: ${reason}`);
      return reasons.length > 0 ? reasons.join("; ") : undefined;
    },
  };
}
