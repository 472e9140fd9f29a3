import { type Envelope, EVENT_STREAM, envelope } from "@honua/contracts";
import type { ConsumerMessages, JetStreamManager, JsMsg } from "@nats-io/jetstream";
import { abortableDelay } from "../abortable-delay.ts";
import { backoffDelay } from "../backoff.ts";
import type { Log } from "../log.ts";
import { parseMessageJson } from "./parse-message-json.ts";
import { declareFollower } from "./topology.ts";

/** Milliseconds without acknowledgement after which an event is redelivered to another process. */
const ACK_WAIT_MS = 30_000;
/** Events per fetch. */
const FETCH_BATCH_SIZE = 100;

export interface FollowOptions {
  /** Name of the durable consumer; processes that share it share the events. */
  name: string;
  /**
   * Called for many events concurrently. An event is acknowledged when the promise resolves, and
   * redelivered, perhaps to another process, if it rejects or the process ends.
   */
  handle: (event: Envelope, signal: AbortSignal) => Promise<void>;
  /** Milliseconds; tests use a shorter time. */
  ackWaitMs?: number;
}

/** Consumes all events concurrently until it is stopped, and extends the deadline of those in flight. */
export function runFollower(
  manager: JetStreamManager,
  log: Log,
  options: FollowOptions,
  onReconnect: (listener: () => void) => () => void,
): () => Promise<void> {
  const { name, ackWaitMs = ACK_WAIT_MS } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const inFlight = new Map<JsMsg, Promise<void>>();
  const keepAlive = setInterval(() => {
    for (const message of inFlight.keys()) message.working();
  }, ackWaitMs / 3);
  const running = followForever();
  return async () => {
    stopping.abort();
    await running;
    await Promise.all(inFlight.values());
    clearInterval(keepAlive);
  };

  async function followForever() {
    for (let failures = 0; !signal.aborted; ) {
      try {
        await declareFollower(manager, { name, ackWaitMs });
        const consumer = await manager.jetstream().consumers.get(EVENT_STREAM, name);
        const messages = await consumer.consume({
          max_messages: FETCH_BATCH_SIZE,
          expires: 5_000,
          idle_heartbeat: 1_000,
          abort_on_missing_resource: true,
        });
        failures = 0;
        await consumeMessages(messages);
      } catch (error) {
        failures += 1;
        log.debug({ err: error, follower: name }, "The follower failed; reopening it");
      }
      if (!signal.aborted)
        await abortableDelay(backoffDelay(failures + 1, { baseMs: 100, maxMs: 5_000 }), signal);
    }
  }

  async function consumeMessages(messages: ConsumerMessages) {
    const stop = () => void messages.close();
    signal.addEventListener("abort", stop, { once: true });
    const forget = onReconnect(stop);
    const watchdog = closeOnMissedHeartbeats(messages);
    try {
      for await (const message of messages) {
        if (signal.aborted) message.nak();
        else handleEvent(message);
      }
    } finally {
      forget();
      signal.removeEventListener("abort", stop);
      await messages.close();
      await watchdog;
    }
  }

  function handleEvent(message: JsMsg) {
    const parsed = envelope.safeParse(parseMessageJson(message));
    // Without a reason: nats-server 2.9 does not accept a reason as an acknowledgement.
    if (!parsed.success) return message.term();
    const work = options
      .handle(parsed.data, signal)
      .then(
        () => message.ack(),
        () => message.nak(signal.aborted ? 0 : 1_000),
      )
      .finally(() => inFlight.delete(message));
    inFlight.set(message, work);
  }
}

async function closeOnMissedHeartbeats(messages: ConsumerMessages) {
  for await (const { type } of messages.status()) {
    if (["consumer_not_found", "consumer_deleted", "heartbeats_missed"].includes(type)) {
      await messages.close();
      return;
    }
  }
}
