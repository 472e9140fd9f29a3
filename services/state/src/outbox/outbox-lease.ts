import { type QueryCreator, sql } from "kysely";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";

/** Milliseconds after which the lease of a process that vanished may be taken. */
export const LEASE_MS = 10_000;

/**
 * Takes, or renews, the right to publish. A lease and not a lock: no transaction stays open while
 * the bus is waited for. It keeps two processes from publishing out of order; a holder that slept
 * through it can at worst repeat messages, which the broker drops by their id.
 *
 * @param holder names this process
 */
export async function acquireLease(database: Database, holder: string): Promise<boolean> {
  const taken = await database.read((reader) =>
    reader
      .updateTable("outbox_lease")
      .set({ holder, held_until: sql<Date>`now() + ${`${LEASE_MS} milliseconds`}::interval` })
      .where((or) =>
        or.or([
          or("holder", "is", null),
          or("holder", "=", holder),
          or("held_until", "<", sql<Date>`now()`),
        ]),
      )
      .returning("singleton")
      .executeTakeFirst(),
  );
  return taken !== undefined;
}

/** Gives the lease back, so that another process need not wait for its end. */
export function releaseLease(query: Pick<QueryCreator<Tables>, "updateTable">, holder: string) {
  return query
    .updateTable("outbox_lease")
    .set({ holder: null, held_until: null })
    .where("holder", "=", holder);
}
