import { once } from "node:events";
import type { Writable } from "node:stream";

/**
 * Creates a writer with backpressure: each write waits until the stream has drained.
 *
 * @param limits.slowestMs milliseconds that the stream may take to drain
 * @returns a write function that resolves to false if the client is too slow or has disconnected
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
