import type { Writable } from "node:stream";
import type { Lease } from "@honua/pg-raw";

/**
 * Releases memory when the socket has finished reading it: after the last byte was sent, or after the
 * client has disconnected. Until a stream has closed, a pending write may still read the memory.
 */
export function releaseOnClose(
  stream: Pick<Writable, "closed" | "once">,
  lease: Lease<unknown>,
): void {
  if (stream.closed) lease.release();
  else stream.once("close", () => lease.release());
}
