import type { Bus } from "@honua/service-kit";
import { context, propagation, ROOT_CONTEXT } from "@opentelemetry/api";
import type { Database } from "../database/database.ts";
import type { OutboxRow } from "../database/tables.ts";
import { envelopeOf } from "./envelope-of-row.ts";

/** Rows read at once. */
const BATCH_ROWS = 100;
/** A batch ends early after this time, well before the lease does. */
const BATCH_MS = 3_000;

/**
 * Publishes the oldest unsent rows and marks them sent, also those before a failure: those of one
 * environment in their order, environments side by side.
 *
 * @returns how many were sent; 0 when there were none
 * @throws TransientError `publish-failed` when the bus did not take one
 */
export async function publishBatch(
  database: Database,
  bus: Pick<Bus, "publishEnvelope">,
): Promise<number> {
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
  if (sent.length > 0) await markSent(database, sent);
  const failed = outcomes.find((outcome) => outcome.status === "rejected");
  if (failed) throw failed.reason;
  return sent.length;
}

/** Whether anything waits to be published. */
export async function hasUnsent(database: Database): Promise<boolean> {
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
  return context.with(cause, () => bus.publishEnvelope(envelopeOf(row)));
}

async function markSent(database: Database, ids: string[]): Promise<void> {
  await database.read((reader) =>
    reader.updateTable("outbox").set({ sent_at: new Date() }).where("id", "in", ids).execute(),
  );
}
