import { randomUUID } from "node:crypto";
import type { EventDefinition } from "@honua/contracts";
import { context, propagation } from "@opentelemetry/api";
import type { Transaction } from "kysely";
import type { z } from "zod";
import type { Tables } from "../database/tables.ts";

/**
 * Keeps an event until it has been published. The trace of the request that caused it is kept with
 * it, so that the trace goes on where the event is handled.
 */
export async function appendToOutbox<Data extends z.ZodType>(
  transaction: Transaction<Tables>,
  entry: { environment: string; event: EventDefinition<Data>; data: z.input<Data>; now: Date },
): Promise<void> {
  const traceContext: Record<string, string> = {};
  propagation.inject(context.active(), traceContext);
  await transaction
    .insertInto("outbox")
    .values({
      message_id: randomUUID(),
      environment: entry.environment,
      type: entry.event.type,
      data: JSON.stringify(entry.event.data.parse(entry.data)),
      trace_context: JSON.stringify(traceContext),
      created_at: entry.now,
    })
    .execute();
}
