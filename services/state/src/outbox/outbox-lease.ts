import { type QueryCreator, sql } from "kysely";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";

/** Milliseconds after which another process may acquire the lease of a crashed process. */
export const LEASE_MS = 10_000;

/**
 * Acquires or renews the lease on publishing, which prevents two processes from publishing out of order.
 * It is a lease and not a lock, so that no transaction stays open while the bus is slow. A holder whose
 * lease expired can at worst repeat messages, which the broker deduplicates by id.
 *
 * @param holder identifies this process
 * @returns false if another process holds the lease
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

/** Releases the lease, so that another process can acquire it before it expires. */
export function releaseLease(query: Pick<QueryCreator<Tables>, "updateTable">, holder: string) {
  return query
    .updateTable("outbox_lease")
    .set({ holder: null, held_until: null })
    .where("holder", "=", holder);
}
