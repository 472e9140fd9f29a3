import type { Bus } from "@honua/service-kit";
import { context, propagation, ROOT_CONTEXT } from "@opentelemetry/api";
import { type QueryCreator, sql } from "kysely";
import type { Database } from "../database/database.ts";
import type { OutboxRow, Tables } from "../database/tables.ts";
import { eventEnvelope } from "./event-envelope.ts";
import { releaseLease } from "./outbox-lease.ts";

/** Rows read at once. */
const BATCH_ROWS = 200;
/** A batch ends early after this time, well before the lease does. */
const BATCH_MS = 3_000;

/**
 * Publishes the oldest unsent rows and marks them sent, also those before a failure: those of one
 * environment in their order, environments side by side. Together with the last of them the lease is
 * given back.
 *
 * @param holder of the lease
 * @returns whether more may wait
 * @throws TransientError `publish-failed` when the bus did not take one
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

/** Whether anything waits to be published. */
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

/** @param holder gives the lease back, when this was all */
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
