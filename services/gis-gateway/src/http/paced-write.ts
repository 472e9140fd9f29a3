import { once } from "node:events";
import type { Writable } from "node:stream";
import type { Lease } from "@honua/pg-raw";
import { releaseOnClose } from "./release-on-close.ts";

/** Bytes of a piece. The client must read one piece within the stall timeout. */
const PIECE = 64 * 1024;

/**
 * Writes bytes in pieces at the pace of the client. A client that stops reading is then detected even
 * if the buffer is large. Releases the memory when the last piece has been written, or when the sink
 * has closed before that.
 *
 * @param options.signal aborted when the client disconnects
 * @param options.stallMs milliseconds in which the client must read a piece; this also sets its minimum
 *   rate
 * @param options.disconnect ends the connection of a client that is too slow
 * @param options.lease owns the memory of the bytes
 * @throws the reason of the signal once it is aborted
 */
export async function writePaced(
  sink: Writable,
  bytes: Buffer,
  options: {
    signal: AbortSignal;
    stallMs: number;
    disconnect: () => void;
    lease?: Lease<unknown> | undefined;
  },
): Promise<void> {
  const { signal, stallMs, disconnect, lease } = options;
  try {
    for (let at = 0; at < bytes.length; at += PIECE) {
      signal.throwIfAborted();
      const isLast = at + PIECE >= bytes.length;
      const piece = bytes.subarray(at, at + PIECE);
      const hasCapacity = isLast ? sink.write(piece, () => lease?.release()) : sink.write(piece);
      if (hasCapacity) continue;
      const stall = setTimeout(disconnect, stallMs);
      try {
        await once(sink, "drain", { signal });
      } finally {
        clearTimeout(stall);
      }
    }
  } catch (error) {
    if (lease) releaseOnClose(sink, lease);
    throw error;
  }
}
