import { randomUUID } from "node:crypto";
import type { EventDefinition } from "@honua/contracts";
import { context, propagation } from "@opentelemetry/api";
import type { Insertable } from "kysely";
import type { z } from "zod";
import type { Tables } from "../database/tables.ts";

/** An event row of the outbox. */
export type OutboxEntry = Insertable<Tables["outbox"]>;

/**
 * Builds the outbox row of an event. It includes the current trace context, so that the trace
 * continues in the service that handles the event.
 */
export function outboxEntry<Data extends z.ZodType>(entry: {
  environment: string;
  event: EventDefinition<Data>;
  data: z.input<Data>;
  now: Date;
}): OutboxEntry {
  const traceContext: Record<string, string> = {};
  propagation.inject(context.active(), traceContext);
  return {
    message_id: randomUUID(),
    environment: entry.environment,
    type: entry.event.type,
    data: JSON.stringify(entry.event.data.parse(entry.data)),
    trace_context: JSON.stringify(traceContext),
    created_at: entry.now,
  };
}
