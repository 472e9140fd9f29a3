import { once } from "node:events";
import type { ServerResponse } from "node:http";

/**
 * Writes to the response and waits until the client has read enough, or has disconnected. Check
 * `response.destroyed` before each call: a closed response emits neither `drain` nor `close` again, so
 * the wait would never end.
 */
export async function writeWithBackpressure(response: ServerResponse, text: string): Promise<void> {
  if (response.write(text)) return;
  await Promise.race([once(response, "drain"), once(response, "close")]);
}
