import type { Writable } from "node:stream";
import { setTimeout } from "node:timers/promises";
import { type Log, messageOf } from "@honua/service-kit";
import type { Database } from "../database/database.ts";
import type { EventFeed } from "./event-feed.ts";
import { eventFrame, heartbeatFrame, openingFrame } from "./event-frame.ts";
import { createPacedWriter } from "./paced-writer.ts";
import { type EventFilter, readEvents } from "./read-events.ts";

/** Events per batch, which bounds the memory per client. */
const BATCH_EVENTS = 100;
/** Milliseconds before a failed read is repeated. */
const READ_RETRY_MS = 1_000;

/** The reason why a stream ended. */
export type StreamEnd = "disconnected" | "too-slow";

/**
 * Writes new events until the client disconnects, is too slow, or `signal` aborts. Nothing is buffered
 * per client: the next events are read when the previous ones have been written.
 */
export async function streamEvents(
  stream: Writable,
  deps: { database: () => Database; feed: EventFeed; log: Log },
  options: {
    filter: EventFilter;
    epoch: string;
    after: number;
    heartbeatMs: number;
    slowestMs: number;
    signal: AbortSignal;
  },
): Promise<StreamEnd> {
  const { filter, epoch, signal, heartbeatMs } = options;
  const write = createPacedWriter(stream, options);
  const endReason = () => (signal.aborted || stream.destroyed ? "disconnected" : "too-slow");
  let position = options.after;
  if (!(await write(openingFrame(epoch, position)))) return endReason();
  while (!signal.aborted) {
    const head = await deps.feed.waitBeyond(position, { withinMs: heartbeatMs, signal });
    if (head) {
      const batch = await readNextBatch(head.position);
      if (!batch) continue;
      const frames = batch.map((event) => eventFrame(epoch, event)).join("");
      if (frames && !(await write(frames))) return endReason();
      const last = batch.length < BATCH_EVENTS ? undefined : batch.at(-1);
      position = last?.position ?? head.position;
    } else if (!signal.aborted && !(await write(heartbeatFrame(epoch, position)))) {
      return endReason();
    }
  }
  return "disconnected";

  async function readNextBatch(through: number) {
    try {
      return await deps
        .database()
        .read((reader) =>
          readEvents(reader, filter, { after: position, through, limit: BATCH_EVENTS }),
        );
    } catch (error) {
      deps.log.debug({ err: error }, `Failed to read events for a stream: ${messageOf(error)}`);
      await setTimeout(READ_RETRY_MS, undefined, { signal }).catch(() => undefined);
      return undefined;
    }
  }
}
