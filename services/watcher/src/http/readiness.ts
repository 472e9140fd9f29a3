import type { ReadinessChecks } from "@honua/service-kit";
import { POLL_OVERDUE } from "../watch/overdue-poll.ts";
import type { StatusOfSource } from "../watch/source-status.ts";

/**
 * Ready: the bus is connected, every source was polled with success at least once, and polling has
 * not stopped since.
 */
export function readinessChecks(deps: {
  busFault: () => string | undefined;
  statuses: () => readonly StatusOfSource[] | undefined;
}): ReadinessChecks {
  return {
    MessageBus: deps.busFault,
    GitRepository: () => {
      const statuses = deps.statuses();
      if (!statuses) return "waiting for the message bus";
      const unready = statuses
        .map((status) => status.current())
        .filter(({ commit, code }) => !commit || code === POLL_OVERDUE);
      const reasons = unready.map(({ environment, reason }) => `${environment}: ${reason}`);
      return reasons.length > 0 ? reasons.join("; ") : undefined;
    },
  };
}
