import { type Envelope, EVENT_STREAM, envelope } from "@honua/contracts";
import type { ConsumerMessages, JetStreamManager, JsMsg } from "@nats-io/jetstream";
import { backoffDelay } from "../backoff.ts";
import type { Log } from "../log.ts";
import { jsonOf } from "./parse-message-json.ts";
import { declareFollower } from "./topology.ts";

/** How long a process may stay silent about an event before another one is given it. */
const ACK_WAIT_MS = 30_000;
/** Events asked for at once. */
const FETCHED_AT_ONCE = 100;

export interface FollowOptions {
  /** Name of the durable consumer; processes that share it share the events. */
  name: string;
  /**
   * Called for many events at once. An event is done with when it resolves; it comes again, perhaps to
   * another process, when it rejects or the process ends.
   */
  handle: (event: Envelope, signal: AbortSignal) => Promise<void>;
  /** Milliseconds; a test may be less patient. */
  ackWaitMs?: number;
}

/** Takes every event, side by side and for ever, and keeps those under way as its own. */
export function runFollower(
  manager: JetStreamManager,
  log: Log,
  options: FollowOptions,
  onReconnect: (listener: () => void) => () => void,
): () => Promise<void> {
  const { name, ackWaitMs = ACK_WAIT_MS } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const underWay = new Map<JsMsg, Promise<void>>();
  const keepAlive = setInterval(() => {
    for (const message of underWay.keys()) message.working();
  }, ackWaitMs / 3);
  const running = followForever();
  return async () => {
    stopping.abort();
    await running;
    await Promise.all(underWay.values());
    clearInterval(keepAlive);
  };

  async function followForever() {
    for (let failures = 0; !signal.aborted; ) {
      try {
        await declareFollower(manager, { name, ackWaitMs });
        const consumer = await manager.jetstream().consumers.get(EVENT_STREAM, name);
        const messages = await consumer.consume({
          max_messages: FETCHED_AT_ONCE,
          expires: 5_000,
          idle_heartbeat: 1_000,
          abort_on_missing_resource: true,
        });
        failures = 0;
        await take(messages);
      } catch (error) {
        failures += 1;
        log.debug({ err: error, follower: name }, "The follower broke; opening it again");
      }
      if (!signal.aborted) await pause(backoffDelay(failures + 1, { baseMs: 100, maxMs: 5_000 }));
    }
  }

  async function take(messages: ConsumerMessages) {
    const stop = () => void messages.close();
    signal.addEventListener("abort", stop, { once: true });
    const forget = onReconnect(stop);
    const watchdog = closeOnMissedHeartbeats(messages);
    try {
      for await (const message of messages) {
        if (signal.aborted) message.nak();
        else begin(message);
      }
    } finally {
      forget();
      signal.removeEventListener("abort", stop);
      await messages.close();
      await watchdog;
    }
  }

  function begin(message: JsMsg) {
    const parsed = envelope.safeParse(jsonOf(message));
    // Without a reason, which nats-server 2.9 takes for no acknowledgement at all.
    if (!parsed.success) return message.term();
    const work = options
      .handle(parsed.data, signal)
      .then(
        () => message.ack(),
        () => message.nak(signal.aborted ? 0 : 1_000),
      )
      .finally(() => underWay.delete(message));
    underWay.set(message, work);
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, ms);
      signal.addEventListener("abort", done, { once: true });
      function done() {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        resolve();
      }
    });
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
