import type { Envelope } from "@honua/contracts";
import type { Reader } from "../database/database.ts";
import { eventEnvelope } from "../outbox/event-envelope.ts";

/** The events that a client requested. An undefined field selects all. */
export interface EventFilter {
  environment?: string | undefined;
  /** CloudEvents types. */
  types?: readonly string[] | undefined;
  since?: string | undefined;
}

/** An event with its position in the stream. */
export interface StreamEvent {
  position: number;
  envelope: Envelope;
}

/** Reads the events after one position up to another, in order. */
export async function readEvents(
  reader: Reader,
  { environment, types, since }: EventFilter,
  page: { after: number; through: number; limit: number },
): Promise<StreamEvent[]> {
  let query = reader
    .selectFrom("outbox")
    .selectAll()
    .where("position", ">", String(page.after))
    .where("position", "<=", String(page.through))
    .orderBy("position")
    .limit(page.limit);
  if (environment !== undefined) query = query.where("environment", "=", environment);
  if (types !== undefined) query = query.where("type", "in", types);
  if (since !== undefined) query = query.where("created_at", ">=", new Date(since));
  const rows = await query.execute();
  return rows.map((row) => ({ position: Number(row.position), envelope: eventEnvelope(row) }));
}
