import { once } from "node:events";
import type { Writable } from "node:stream";

/**
 * Writes no more than the other side takes: each write waits until what was written before is gone.
 *
 * @param slowestMs how long that may take
 * @returns write; it gives false when the client is too slow or gone, and should be cut
 */
export function createPacedWriter(
  stream: Writable,
  limits: { slowestMs: number; signal: AbortSignal },
): (text: string) => Promise<boolean> {
  return async (text) => {
    if (stream.destroyed || limits.signal.aborted) return false;
    if (stream.write(text)) return true;
    const ending = AbortSignal.any([limits.signal, AbortSignal.timeout(limits.slowestMs)]);
    return once(stream, "drain", { signal: ending }).then(
      () => true,
      () => false,
    );
  };
}
