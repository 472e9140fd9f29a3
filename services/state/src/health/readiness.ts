import { type Bus, describeBusFault, type ReadinessChecks } from "@honua/service-kit";
import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import { tryWithTimeout } from "./try-with-timeout.ts";

const TIMEOUT_MS = 2_000;

/** Why the service cannot do its work, if it cannot. */
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
      if (failure === undefined) return `the database did not answer within ${TIMEOUT_MS} ms`;
      return failure === "" ? undefined : failure;
    },
    messageBus: () => describeBusFault(deps.bus(), deps.busFault),
  };
}
