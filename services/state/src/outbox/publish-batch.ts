import type { Bus } from "@honua/service-kit";
import { context, propagation, ROOT_CONTEXT } from "@opentelemetry/api";
import { type QueryCreator, sql } from "kysely";
import type { Database } from "../database/database.ts";
import type { OutboxRow, Tables } from "../database/tables.ts";
import { eventEnvelope } from "./event-envelope.ts";
import { releaseLease } from "./outbox-lease.ts";

/** Rows per batch. */
const BATCH_ROWS = 200;
/** Milliseconds after which a batch ends early, so that it ends before the lease expires. */
const BATCH_MS = 3_000;

/**
 * Publishes the oldest unsent rows and marks them as sent, including those before a failure. Rows of one
 * environment are published in order; environments are published concurrently. The statement that marks
 * the last batch also releases the lease.
 *
 * @param holder the holder of the lease
 * @returns whether more rows may be unsent
 * @throws TransientError `publish-failed` if the bus did not accept a row
 */
export async function publishOutboxBatch(
  database: Database,
  bus: Pick<Bus, "publishEnvelope">,
  holder: string,
): Promise<boolean> {
  const rows = await database.read((reader) =>
    reader
      .selectFrom("outbox")
      .selectAll()
      .where("sent_at", "is", null)
      .orderBy("id")
      .limit(BATCH_ROWS)
      .execute(),
  );
  const ending = performance.now() + BATCH_MS;
  const sent: string[] = [];
  const publishInOrder = async (ofEnvironment: OutboxRow[]) => {
    for (const row of ofEnvironment) {
      if (performance.now() > ending) break;
      await publishRow(bus, row);
      sent.push(row.id);
    }
  };
  const environments = Map.groupBy(rows, ({ environment }) => environment);
  const outcomes = await Promise.allSettled([...environments.values()].map(publishInOrder));
  const failed = outcomes.find((outcome) => outcome.status === "rejected");
  const mayHaveMore = sent.length === BATCH_ROWS || sent.length < rows.length;
  await markSent(database, sent, mayHaveMore && !failed ? undefined : holder);
  if (failed) throw failed.reason;
  return mayHaveMore;
}

/** Whether the outbox contains unsent events. */
export async function hasUnsentEvents(database: Database): Promise<boolean> {
  const row = await database.read((reader) =>
    reader
      .selectFrom("outbox")
      .select("id")
      .where("sent_at", "is", null)
      .limit(1)
      .executeTakeFirst(),
  );
  return row !== undefined;
}

function publishRow(bus: Pick<Bus, "publishEnvelope">, row: OutboxRow): Promise<void> {
  const cause = propagation.extract(ROOT_CONTEXT, row.trace_context);
  return context.with(cause, () => bus.publishEnvelope(eventEnvelope(row)));
}

/** @param holder releases the lease of this holder; undefined: keeps the lease */
async function markSent(database: Database, ids: string[], holder: string | undefined) {
  await database.read((reader) => {
    const mark = (query: QueryCreator<Tables>) =>
      query
        .updateTable("outbox")
        .set({ sent_at: new Date() })
        .where("id", "=", sql<string>`any(${ids}::bigint[])`);
    if (holder === undefined) return mark(reader).execute();
    return releaseLease(reader.with("marked", mark), holder).execute();
  });
}
