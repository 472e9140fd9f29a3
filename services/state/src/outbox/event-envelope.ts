import type { Envelope } from "@honua/contracts";
import type { OutboxRow } from "../database/tables.ts";

/** Builds the CloudEvents envelope of an outbox row, for the bus and the event stream. */
export function eventEnvelope(row: OutboxRow): Envelope {
  return {
    specversion: "1.0",
    id: row.message_id,
    source: "honua/state",
    type: row.type,
    subject: row.environment,
    time: row.created_at.toISOString(),
    datacontenttype: "application/json",
    data: row.data,
  };
}
