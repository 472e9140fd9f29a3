import { type Envelope, EVENT_STREAM, envelope, laneName } from "@honua/contracts";
import type { ConsumerMessages, JetStreamManager, JsMsg } from "@nats-io/jetstream";
import { context, SpanKind, trace } from "@opentelemetry/api";
import { backoffDelay } from "../backoff.ts";
import {
  asHonuaError,
  type HonuaError,
  messageOf,
  PermanentError,
  WaitingError,
} from "../errors.ts";
import type { Log } from "../log.ts";
import { laneLag } from "../telemetry/metrics.ts";
import { contextOf } from "./propagation.ts";
import { declareLane, LANE_ACK_WAIT_MS } from "./topology.ts";

/** One message of a lane, as its handler sees it. */
export interface LaneMessage {
  environment: string;
  event: Envelope;
  /** 1 at the first delivery. */
  delivery: number;
}

export interface LaneOptions {
  environment: string;
  handle: (message: LaneMessage, signal: AbortSignal) => Promise<void>;
  /**
   * Whether a message that no attempt could handle is buried. One that is asked again anyway, such as
   * a look at the environment every minute, is only left out: nothing is lost with it.
   */
  giveUpOn?: (event: Envelope) => boolean;
  /** Called for a message that will not be tried again, before it is given up. */
  bury: (
    message: LaneMessage & { subject: string; payload: string },
    error: HonuaError,
  ) => Promise<void>;
}

/** Transient failures of one message before it is buried. */
const MAX_ATTEMPTS = 12;
const RETRY = { baseMs: 250, maxMs: 15_000 };

/**
 * Takes an environment's messages one at a time, for ever. Ack after the effect; a transient error
 * comes back with backoff, a waiting one at its time, a permanent one is buried.
 */
export function runLane(
  manager: JetStreamManager,
  log: Log,
  options: LaneOptions,
  onReconnect: (listener: () => void) => () => void,
): () => Promise<void> {
  const stopping = new AbortController();
  const lag = laneLag();
  const running = consumeForever();
  return async () => {
    stopping.abort();
    await running;
  };

  async function consumeForever() {
    for (let failures = 0; !stopping.signal.aborted; ) {
      try {
        await declareLane(manager, options.environment);
        const client = manager.jetstream();
        const consumer = await client.consumers.get(EVENT_STREAM, laneName(options.environment));
        const messages = await consumer.consume({
          max_messages: 1,
          expires: 5_000,
          idle_heartbeat: 1_000,
          abort_on_missing_resource: true,
        });
        failures = 0;
        await drainInto(messages);
      } catch (error) {
        failures += 1;
        log.debug(
          { err: error, environment: options.environment },
          "The lane broke; opening it again",
        );
      }
      if (!stopping.signal.aborted)
        await pause(backoffDelay(failures + 1, { baseMs: 100, maxMs: 5_000 }));
    }
  }

  async function drainInto(messages: ConsumerMessages) {
    const stop = () => void messages.close();
    stopping.signal.addEventListener("abort", stop, { once: true });
    const forget = onReconnect(stop);
    const watchdog = restartOnMissedHeartbeats(messages);
    try {
      for await (const message of messages) {
        if (stopping.signal.aborted) message.nak();
        else await settle(message);
      }
    } finally {
      forget();
      stopping.signal.removeEventListener("abort", stop);
      await messages.close();
      await watchdog;
    }
  }

  async function settle(message: JsMsg) {
    const delivery = message.info.deliveryCount;
    if (delivery === 1) lag.record(Math.max(0, Date.now() - message.time.getTime()) / 1_000);
    const keepAlive = setInterval(() => message.working(), LANE_ACK_WAIT_MS / 3);
    try {
      const parsed = envelope.safeParse(message.json());
      if (!parsed.success) {
        log.error({ subject: message.subject }, "A message is not a CloudEvent; it was left out");
        message.term("not a CloudEvent");
        return;
      }
      const event = parsed.data;
      const received = { environment: options.environment, event, delivery };
      await traced(message, () => options.handle(received, stopping.signal)).then(
        () => message.ack(),
        (cause: unknown) => retryOrBury(message, received, asHonuaError(cause)),
      );
    } finally {
      clearInterval(keepAlive);
    }
  }

  async function retryOrBury(message: JsMsg, received: LaneMessage, error: HonuaError) {
    if (stopping.signal.aborted) return message.nak();
    if (error instanceof WaitingError)
      return message.nak(Math.max(0, error.until.getTime() - Date.now()));
    const about = { err: error, environment: received.environment, event: received.event.type };
    if (!(error instanceof PermanentError) && received.delivery < MAX_ATTEMPTS) {
      const delay = backoffDelay(received.delivery, RETRY);
      log.warn(
        { ...about, delay, delivery: received.delivery },
        `Will try again: ${error.message}`,
      );
      return message.nak(delay);
    }
    if (options.giveUpOn?.(received.event) === false) {
      log.warn(about, `Left a message out, another will come: ${error.message}`);
      return message.ack();
    }
    try {
      await options.bury(
        { ...received, subject: message.subject, payload: message.string() },
        error,
      );
      log.error(about, `Gave a message up: ${error.message}`);
      message.ack();
    } catch (cause) {
      log.warn({ ...about, err: cause }, `Could not keep a dead letter: ${messageOf(cause)}`);
      message.nak(RETRY.maxMs);
    }
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        stopping.signal.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      stopping.signal.addEventListener("abort", done, { once: true });
    });
  }
}

async function restartOnMissedHeartbeats(messages: ConsumerMessages) {
  for await (const notification of messages.status()) {
    const lost =
      notification.type === "consumer_not_found" || notification.type === "consumer_deleted";
    if (lost || (notification.type === "heartbeats_missed" && notification.count > 2)) {
      await messages.close();
      return;
    }
  }
}

function traced<T>(message: JsMsg, work: () => Promise<T>): Promise<T> {
  return context.with(contextOf(message.headers), () =>
    trace
      .getTracer("honua.bus")
      .startActiveSpan(`handle ${message.subject}`, { kind: SpanKind.CONSUMER }, async (span) => {
        try {
          return await work();
        } finally {
          span.end();
        }
      }),
  );
}
