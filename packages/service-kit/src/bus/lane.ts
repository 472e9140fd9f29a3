import {
  type Envelope,
  envelope,
  LANE_STREAM,
  type LaneHeartbeat,
  laneHeartbeatSubject,
  laneName,
} from "@honua/contracts";
import type { JetStreamManager } from "@nats-io/jetstream";
import { context, SpanKind, trace } from "@opentelemetry/api";
import type { NatsConnection } from "nats";
import type { LimitFunction } from "p-limit";
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
import { createDrainScheduler } from "./drain-scheduler.ts";
import { createMessagePuller, type PulledMessage } from "./message-puller.ts";
import { parseMessageJson } from "./parse-message-json.ts";
import { declareLane, LANE_ACK_WAIT_MS } from "./topology.ts";
import { contextOf } from "./trace-propagation.ts";

/** A message of a lane. */
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
   * Whether a message becomes a dead letter after its last attempt; all do by default. A message that
   * is published again anyway, such as a periodic resync, can be skipped without loss.
   */
  shouldDeadLetter?: (event: Envelope) => boolean;
  /** Stores a message that will not be retried, before it is acknowledged. */
  deadLetter: (
    message: LaneMessage & { subject: string; payload: string },
    error: HonuaError,
  ) => Promise<void>;
}

export interface Lane {
  /** A message was published. */
  wake(): void;
  /** A process reported that it is draining the lane. */
  recordHeartbeat(sign: LaneHeartbeat): void;
  /** Declares the lane again and drains it, because the broker may have lost it. */
  reopen(): void;
  stop(): Promise<void>;
}

/** Attempts before a message becomes a dead letter. */
const MAX_ATTEMPTS = 12;
const RETRY_BACKOFF = { baseMs: 250, maxMs: 15_000 };
/** Slightly longer than the time after which the server redelivers a message whose holder is silent. */
const TAKEOVER_CHECK_MS = LANE_ACK_WAIT_MS + 500;
/** A message can be observed shortly before the stream has stored it. */
const PULL_WAIT_MS = 25;

/**
 * Processes an environment's messages one at a time, and acknowledges each after its effect. After a
 * transient error the message is redelivered with backoff, after a waiting error at its time; after a
 * permanent error it becomes a dead letter.
 */
export function createLane(
  deps: {
    connection: NatsConnection;
    manager: JetStreamManager;
    log: Log;
    /** Bounds the lanes that are drained at the same time. */
    limit: LimitFunction;
    /** Creates an inbox subject to which this process may subscribe. */
    inbox: () => string;
    /** Identifies this process in its heartbeats. */
    instance: string;
  },
  options: LaneOptions,
): Lane {
  const { connection, manager, log } = deps;
  const { environment } = options;
  const consumer = laneName(environment);
  const stopping = new AbortController();
  const lag = laneLag();
  let isDeclared = false;
  let failures = 0;

  const puller = createMessagePuller(connection, {
    stream: LANE_STREAM,
    consumer,
    inbox: deps.inbox(),
  });
  const scheduler = createDrainScheduler({ limit: deps.limit, drainLane });
  return {
    wake,
    recordHeartbeat({ by, ms }) {
      // Our own heartbeat: re-check later instead of backing off.
      if (by === deps.instance) scheduler.scheduleCheck(ms);
      else scheduler.standBy(ms);
    },
    reopen() {
      isDeclared = false;
      wake();
    },
    async stop() {
      stopping.abort();
      await scheduler.stop();
      puller.close();
    },
  };

  function wake() {
    scheduler.wake();
    // The process that receives the message may terminate before it publishes a heartbeat.
    scheduler.scheduleCheck(TAKEOVER_CHECK_MS);
  }

  /** Processes all waiting messages. @returns milliseconds after which to drain again, if known */
  async function drainLane(): Promise<number | undefined> {
    let again: number | undefined;
    if (stopping.signal.aborted) return again;
    try {
      if (!isDeclared) await declareLane(manager, environment);
      isDeclared = true;
      while (!stopping.signal.aborted) {
        const message = await puller.pull(PULL_WAIT_MS);
        if (!message) break;
        // A returned message stays in front of all others.
        again = await processMessage(message);
        // Messages that arrived since then have woken this lane.
        if (message.pending === 0) break;
      }
      failures = 0;
      return again;
    } catch (error) {
      isDeclared = false;
      failures += 1;
      log.debug({ err: error, environment }, "The lane failed; reopening it");
      return backoffDelay(failures, { baseMs: 100, maxMs: 5_000 });
    }
  }

  /** Tells all processes, including this one, when to check the lane if they hear nothing else. */
  function publishHeartbeat(checkInMs = TAKEOVER_CHECK_MS) {
    if (connection.isClosed()) return;
    const sign: LaneHeartbeat = { by: deps.instance, ms: checkInMs };
    connection.publish(laneHeartbeatSubject(environment), JSON.stringify(sign));
  }

  /** @returns milliseconds until the message is redelivered, if it is */
  async function processMessage(message: PulledMessage): Promise<number | undefined> {
    if (stopping.signal.aborted) return returnMessage(message);
    const keepAlive = setInterval(() => {
      message.working();
      publishHeartbeat();
    }, LANE_ACK_WAIT_MS / 3);
    try {
      const parsed = envelope.safeParse(parseMessageJson(message));
      if (!parsed.success) {
        log.error({ subject: message.subject }, "Skipped a message that is not a CloudEvent");
        message.term();
        return undefined;
      }
      const event = parsed.data;
      const { delivery } = message;
      if (delivery === 1) {
        lag.record(Math.max(0, Date.now() - message.storedAt.getTime()) / 1_000);
      }
      const received = { environment, event, delivery };
      publishHeartbeat();
      const again = await inMessageSpan(message, () =>
        options.handle(received, stopping.signal),
      ).then(
        () => acknowledge(message),
        (cause: unknown) => retryOrDeadLetter(message, received, asHonuaError(cause)),
      );
      // If this process is stopping, another one can continue immediately.
      publishHeartbeat(stopping.signal.aborted ? 0 : TAKEOVER_CHECK_MS + (again ?? 0));
      return again;
    } finally {
      clearInterval(keepAlive);
    }
  }

  async function retryOrDeadLetter(
    message: PulledMessage,
    received: LaneMessage,
    error: HonuaError,
  ): Promise<number | undefined> {
    if (stopping.signal.aborted) return returnMessage(message);
    if (error instanceof WaitingError) {
      return returnMessage(message, Math.max(0, error.until.getTime() - Date.now()));
    }
    const about = { err: error, environment: received.environment, event: received.event.type };
    if (!(error instanceof PermanentError) && received.delivery < MAX_ATTEMPTS) {
      const delay = backoffDelay(received.delivery, RETRY_BACKOFF);
      log.warn({ ...about, delay, delivery: received.delivery }, `Will retry: ${error.message}`);
      return returnMessage(message, delay);
    }
    if (options.shouldDeadLetter?.(received.event) === false) {
      log.warn(about, `Skipped a message that is published again periodically: ${error.message}`);
      return acknowledge(message);
    }
    try {
      await options.deadLetter(
        { ...received, subject: message.subject, payload: message.string() },
        error,
      );
      log.error(about, `Moved a message to the dead letters: ${error.message}`);
      return acknowledge(message);
    } catch (cause) {
      log.warn({ ...about, err: cause }, `Could not store a dead letter: ${messageOf(cause)}`);
      return returnMessage(message, RETRY_BACKOFF.maxMs);
    }
  }
}

function acknowledge(message: PulledMessage): undefined {
  message.ack();
}

function returnMessage(message: PulledMessage, ms = 0): number {
  message.nak(ms);
  return ms;
}

function inMessageSpan<T>(message: PulledMessage, work: () => Promise<T>): Promise<T> {
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
