import { eventId } from "./event-id.ts";
import type { StreamEvent } from "./read-events.ts";

/** Milliseconds after which a disconnected client reconnects. */
const RECONNECT_MS = 2_000;

/** Formats a server-sent event: its id, its name without version, and its CloudEvents envelope. */
export function eventFrame(epoch: string, { position, envelope }: StreamEvent): string {
  const name = envelope.type.replace(/^honua\.|\.v\d+$/g, "");
  // `JSON.stringify` emits no line breaks, so one `data` line is enough.
  return `id: ${eventId(epoch, position)}\nevent: ${name}\ndata: ${JSON.stringify(envelope)}\n\n`;
}

/**
 * Formats the first frame, which confirms the connection and the position. A frame without data is not
 * an event, but clients store its id and resume from it after a disconnect.
 */
export function openingFrame(epoch: string, position: number): string {
  return `retry: ${RECONNECT_MS}\n${heartbeatFrame(epoch, position)}`;
}

/** Formats a heartbeat with the current position, which also counts events that the filter excludes. */
export function heartbeatFrame(epoch: string, position: number): string {
  return `: heartbeat\nid: ${eventId(epoch, position)}\n\n`;
}
