import { sql, type Transaction } from "kysely";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";

/** Rows per transaction. */
const BATCH_ROWS = 1_000;

/** The state of the event stream. */
export interface StreamHead {
  /** Identifies the database. Positions are valid only within one epoch. */
  epoch: string;
  /** The position of the newest event; 0 if there is none. */
  position: number;
  /** Events up to this position were deleted. */
  prunedThrough: number;
}

/**
 * Assigns stream positions to new events. The events of one environment keep their order.
 *
 * Transactions do not commit in the order of their identity values. Positions are therefore assigned
 * after the commit, by one process at a time. A client that has read up to the head has missed nothing.
 */
export async function assignStreamPositions(database: Database): Promise<StreamHead> {
  for (;;) {
    const { fresh, ...head } = await database.read(async (reader) => {
      const row = await reader
        .selectFrom("event_stream")
        .select(["epoch", "last_position", "pruned_through"])
        .select(sql<boolean>`exists (select from outbox where position is null)`.as("fresh"))
        .executeTakeFirstOrThrow();
      return {
        epoch: row.epoch,
        position: Number(row.last_position),
        prunedThrough: Number(row.pruned_through),
        fresh: row.fresh,
      };
    });
    if (!fresh) return head;
    await database.transaction(assignBatch);
  }
}

async function assignBatch(transaction: Transaction<Tables>): Promise<void> {
  // The lock is a separate statement, so that the next one sees what the previous holder committed.
  await transaction.selectFrom("event_stream").select("epoch").forUpdate().execute();
  await sql`
    with fresh as (
      select id, row_number() over (order by id) as place
      from (select id from outbox where position is null order by id limit ${BATCH_ROWS}) rows
    ),
    placed as (
      update outbox o set position = s.last_position + f.place
      from fresh f, event_stream s
      where o.id = f.id
      returning o.position
    )
    update event_stream set last_position = (select max(position) from placed)
    where exists (select from placed)
  `.execute(transaction);
}
