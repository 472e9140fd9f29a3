import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import { assignStreamPositions } from "./assign-stream-positions.ts";

/**
 * Deletes published events after the retention period and stores the last deleted position. A client
 * that resumes before that position gets an error instead of a gap.
 *
 * @param retentionDays the retention period in days
 */
export async function pruneEvents(database: Database, retentionDays: number): Promise<void> {
  // The deletion of an event without a position would not be visible in `pruned_through`.
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
