import { type Readiness, readiness } from "@honua/contracts";
import type { ReadinessChecks } from "@honua/service-kit";
import type { Siblings } from "./siblings.ts";

/**
 * How the workers are, whichever of them is asked: not ready as soon as one that takes requests is
 * not; degraded while one is missing, because the others do its work.
 */
export function workersCheck(siblings: Siblings): ReadinessChecks {
  return {
    async workers() {
      const { answers, missing } = await siblings.ask("readiness");
      const reasons = answers.flatMap(({ worker, text }) =>
        reasonsOf(worker, readiness.parse(JSON.parse(text))),
      );
      if (reasons.length > 0) return reasons.join("; ");
      if (missing.length === 0) return undefined;
      return { degraded: `not there: worker ${missing.join(", ")}; the others serve` };
    },
  };
}

function reasonsOf(worker: number, { checks }: Readiness): string[] {
  return Object.entries(checks).flatMap(([name, { status, reason }]) =>
    status === "Unhealthy" ? [`worker ${worker}: ${name}: ${reason ?? "unhealthy"}`] : [],
  );
}
