import { eventId } from "./event-id.ts";
import type { StreamEvent } from "./read-events.ts";

/** Milliseconds after which a client that was cut comes back. */
const RECONNECT_MS = 2_000;

/** One event as a server-sent event: its place, its name without version, its CloudEvents envelope. */
export function eventFrame(epoch: string, { position, envelope }: StreamEvent): string {
  const name = envelope.type.replace(/^honua\.|\.v\d+$/g, "");
  // JSON holds no line breaks of its own, so one `data` line is enough.
  return `id: ${eventId(epoch, position)}\nevent: ${name}\ndata: ${JSON.stringify(envelope)}\n\n`;
}

/**
 * What a client hears first: it is connected, and where it stands. A frame without data is no event,
 * but its id counts, so that a client which is cut now resumes here.
 */
export function openingFrame(epoch: string, position: number): string {
  return `retry: ${RECONNECT_MS}\n${heartbeatFrame(epoch, position)}`;
}

/** Says that the stream lives, and how far the client has been served, whatever it filters. */
export function heartbeatFrame(epoch: string, position: number): string {
  return `: heartbeat\nid: ${eventId(epoch, position)}\n\n`;
}
