import type { Writable } from "node:stream";
import { setTimeout } from "node:timers/promises";
import { type Log, messageOf } from "@honua/service-kit";
import type { Database } from "../database/database.ts";
import type { EventFeed } from "./event-feed.ts";
import { eventFrame, heartbeatFrame, openingFrame } from "./event-frame.ts";
import { createPacedWriter } from "./paced-writer.ts";
import { type EventFilter, readEvents } from "./read-events.ts";

/** Events read and written at once, which bounds what is in memory for one client. */
const BATCH_EVENTS = 100;
/** Milliseconds before a page that could not be read is read again. */
const READ_RETRY_MS = 1_000;

/** Why a stream ended. */
export type StreamEnd = "left" | "too-slow";

/**
 * Writes events as they come, until the client leaves, is too slow, or `signal` aborts. Nothing is
 * kept for it: what is behind its position is read when it has taken what was written before.
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
  const ended = () => (signal.aborted || stream.destroyed ? "left" : "too-slow");
  let position = options.after;
  if (!(await write(openingFrame(epoch, position)))) return ended();
  while (!signal.aborted) {
    const head = await deps.feed.waitBeyond(position, { withinMs: heartbeatMs, signal });
    if (head) {
      const page = await readNextBatch(head.position);
      if (!page) continue;
      const frames = page.map((event) => eventFrame(epoch, event)).join("");
      if (frames && !(await write(frames))) return ended();
      const last = page.length < BATCH_EVENTS ? undefined : page.at(-1);
      position = last?.position ?? head.position;
    } else if (!signal.aborted && !(await write(heartbeatFrame(epoch, position)))) {
      return ended();
    }
  }
  return "left";

  async function readNextBatch(through: number) {
    try {
      return await deps
        .database()
        .read((reader) =>
          readEvents(reader, filter, { after: position, through, limit: BATCH_EVENTS }),
        );
    } catch (error) {
      deps.log.debug({ err: error }, `A page of events could not be read: ${messageOf(error)}`);
      await setTimeout(READ_RETRY_MS, undefined, { signal }).catch(() => undefined);
      return undefined;
    }
  }
}
