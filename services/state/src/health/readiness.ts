import { type Bus, describeBusFault, type ReadinessChecks } from "@honua/service-kit";
import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import { tryWithTimeout } from "./try-with-timeout.ts";

const TIMEOUT_MS = 2_000;

/** The readiness checks. Each returns the reason why a dependency is unavailable, or undefined. */
export function readinessChecks(deps: {
  database: () => Database;
  bus: () => Bus | undefined;
  busFault?: (() => string | undefined) | undefined;
}): ReadinessChecks {
  return {
    database: async () => {
      const database = deps.database();
      const failure = await tryWithTimeout(TIMEOUT_MS, () =>
        database
          .read((reader) => sql`select 1`.execute(reader))
          .then(
            () => "",
            (error: Error) => error.message,
          ),
      );
      if (failure === undefined) return `The database did not respond within ${TIMEOUT_MS} ms.`;
      return failure === "" ? undefined : failure;
    },
    messageBus: () => describeBusFault(deps.bus(), deps.busFault),
  };
}
