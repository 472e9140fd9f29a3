import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import { assignStreamPositions } from "./assign-stream-positions.ts";

/**
 * Deletes published events that are older than this, and keeps in mind how far: a client that comes
 * back for one of them is told so instead of missing it.
 */
export async function pruneEvents(database: Database, retentionDays: number): Promise<void> {
  // An event without a place would leave no trace in `pruned_through`.
  await assignStreamPositions(database);
  await database.transaction(async (transaction) => {
    await sql`
      with pruned as (
        delete from outbox
        where sent_at < now() - make_interval(days => ${retentionDays}::int)
          and position is not null
        returning position
      )
      update event_stream
      set pruned_through = greatest(pruned_through, (select max(position) from pruned))
      where exists (select from pruned)
    `.execute(transaction);
  });
}
