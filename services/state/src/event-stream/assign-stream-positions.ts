import { sql, type Transaction } from "kysely";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";

/** Rows that get their place in one transaction. */
const BATCH_ROWS = 1_000;

/** How far the stream of events reaches. */
export interface StreamHead {
  /** Names the database; positions of another one mean nothing here. */
  epoch: string;
  /** Of the newest event; 0 when there was none yet. */
  position: number;
  /** Events up to here are no longer kept. */
  prunedThrough: number;
}

/**
 * Gives each new event its place in the stream. Events of one environment keep their order; those of
 * several get one in which they were found. An event is placed only once it is committed, and the
 * places are given out one process at a time: whoever has read up to the head has missed nothing,
 * although transactions commit in another order than they draw identities.
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
  // A statement of its own: what follows must see what the holder of this lock committed.
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
