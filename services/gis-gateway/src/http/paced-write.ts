import { once } from "node:events";
import type { Writable } from "node:stream";

/** Bytes that are written at once. The client must take this many within the stall timeout. */
const PIECE = 64 * 1024;

/**
 * Writes bytes at the pace of the client, in pieces, so that a large buffer does not hide a client
 * that has stopped reading.
 *
 * @param options.signal aborted when the client disconnects
 * @param options.stallMs milliseconds in which the client must take a piece; this is also its minimum
 *   rate
 * @param options.disconnect ends the connection of a client that is too slow
 * @param options.written called when the last piece has left, or failed to
 * @throws the reason of the signal once it is aborted
 */
export async function writePaced(
  sink: Writable,
  bytes: Buffer,
  options: {
    signal: AbortSignal;
    stallMs: number;
    disconnect: () => void;
    written: () => void;
  },
): Promise<void> {
  const { signal, stallMs, disconnect, written } = options;
  for (let at = 0; at < bytes.length; at += PIECE) {
    signal.throwIfAborted();
    const isLast = at + PIECE >= bytes.length;
    const piece = bytes.subarray(at, at + PIECE);
    const isTaken = isLast ? sink.write(piece, written) : sink.write(piece);
    if (isTaken) continue;
    const stall = setTimeout(disconnect, stallMs);
    try {
      await once(sink, "drain", { signal });
    } finally {
      clearTimeout(stall);
    }
  }
}
