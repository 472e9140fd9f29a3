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
import { asHonuaError, type HonuaError, messageOf } from "../errors.ts";
import type { Log } from "../log.ts";
import { laneLag } from "../telemetry/metrics.ts";
import { createDrainScheduler, type DrainScheduler } from "./drain-scheduler.ts";
import { settlementOf } from "./failure-settlement.ts";
import { createMessagePuller, type MessagePuller, type PulledMessage } from "./message-puller.ts";
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

export interface LaneDeps {
  connection: NatsConnection;
  manager: JetStreamManager;
  log: Log;
  /** Bounds the lanes that are drained at the same time. */
  limit: LimitFunction;
  /** Creates an inbox subject to which this process may subscribe. */
  inbox: () => string;
  /** Identifies this process in its heartbeats. */
  instance: string;
}

/** Slightly longer than the time after which the server redelivers a message whose holder is silent. */
const TAKEOVER_CHECK_MS = LANE_ACK_WAIT_MS + 500;
/** Milliseconds before another attempt to store a dead letter. */
const DEAD_LETTER_RETRY_MS = 15_000;
/** A message can be observed shortly before the stream has stored it. */
const PULL_WAIT_MS = 25;

/**
 * Processes an environment's messages one at a time, and acknowledges each after its effect. After a
 * transient error the message is redelivered with backoff, after a waiting error at its time; after a
 * permanent error it becomes a dead letter.
 */
export class Lane {
  readonly #deps: LaneDeps;
  readonly #options: LaneOptions;
  readonly #stopping = new AbortController();
  readonly #lag = laneLag();
  readonly #puller: MessagePuller;
  readonly #scheduler: DrainScheduler;
  #isDeclared = false;
  #failures = 0;

  constructor(deps: LaneDeps, options: LaneOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#puller = createMessagePuller(deps.connection, {
      stream: LANE_STREAM,
      consumer: laneName(options.environment),
      inbox: deps.inbox(),
    });
    this.#scheduler = createDrainScheduler({ limit: deps.limit, drainLane: () => this.#drain() });
  }

  /** Drains the lane because a message was published. */
  wake(): void {
    this.#scheduler.wake();
    // The process that receives the message may terminate before it publishes a heartbeat.
    this.#scheduler.scheduleCheck(TAKEOVER_CHECK_MS);
  }

  /** Records that a process, perhaps this one, is draining the lane. */
  recordHeartbeat({ by, ms }: LaneHeartbeat): void {
    // Our own heartbeat: re-check later instead of backing off.
    if (by === this.#deps.instance) this.#scheduler.scheduleCheck(ms);
    else this.#scheduler.standBy(ms);
  }

  /** Declares the lane again and drains it, because the broker may have lost it. */
  reopen(): void {
    this.#isDeclared = false;
    this.wake();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#scheduler.stop();
    this.#puller.close();
  }

  get #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** Processes all waiting messages. @returns milliseconds after which to drain again, if known */
  async #drain(): Promise<number | undefined> {
    const { manager, log } = this.#deps;
    const { environment } = this.#options;
    let again: number | undefined;
    if (this.#isStopping) return again;
    try {
      if (!this.#isDeclared) await declareLane(manager, environment);
      this.#isDeclared = true;
      while (!this.#isStopping) {
        const message = await this.#puller.pull(PULL_WAIT_MS);
        if (!message) break;
        // A returned message stays in front of all others.
        again = await this.#process(message);
        // Messages that arrived since then have woken this lane.
        if (message.pending === 0) break;
      }
      this.#failures = 0;
      return again;
    } catch (error) {
      this.#isDeclared = false;
      this.#failures += 1;
      log.debug({ err: error, environment }, "The lane failed; reopening it");
      return backoffDelay(this.#failures, { baseMs: 100, maxMs: 5_000 });
    }
  }

  /** Tells all processes, including this one, when to check the lane if they hear nothing else. */
  #publishHeartbeat(checkInMs = TAKEOVER_CHECK_MS): void {
    const { connection, instance } = this.#deps;
    if (connection.isClosed()) return;
    const heartbeat: LaneHeartbeat = { by: instance, ms: checkInMs };
    connection.publish(laneHeartbeatSubject(this.#options.environment), JSON.stringify(heartbeat));
  }

  /** @returns milliseconds until the message is redelivered, if it is */
  async #process(message: PulledMessage): Promise<number | undefined> {
    if (this.#isStopping) return returnMessage(message);
    const keepAlive = setInterval(() => {
      message.working();
      this.#publishHeartbeat();
    }, LANE_ACK_WAIT_MS / 3);
    try {
      const parsed = envelope.safeParse(parseMessageJson(message));
      if (!parsed.success) {
        const { subject } = message;
        this.#deps.log.error({ subject }, "Skipped a message that is not a CloudEvent");
        message.term();
        return undefined;
      }
      const { delivery } = message;
      if (delivery === 1) {
        this.#lag.record(Math.max(0, Date.now() - message.storedAt.getTime()) / 1_000);
      }
      const { environment, handle } = this.#options;
      const received = { environment, event: parsed.data, delivery };
      this.#publishHeartbeat();
      const again = await inMessageSpan(message, () =>
        handle(received, this.#stopping.signal),
      ).then(
        () => acknowledge(message),
        (cause: unknown) => this.#settleFailure(message, received, asHonuaError(cause)),
      );
      // If this process is stopping, another one can continue immediately.
      this.#publishHeartbeat(this.#isStopping ? 0 : TAKEOVER_CHECK_MS + (again ?? 0));
      return again;
    } finally {
      clearInterval(keepAlive);
    }
  }

  /** Returns, skips or dead-letters a message whose handler has failed. */
  async #settleFailure(
    message: PulledMessage,
    received: LaneMessage,
    error: HonuaError,
  ): Promise<number | undefined> {
    if (this.#isStopping) return returnMessage(message);
    const { log } = this.#deps;
    const about = { err: error, environment: received.environment, event: received.event.type };
    const canSkip = this.#options.shouldDeadLetter?.(received.event) === false;
    const settlement = settlementOf(error, {
      delivery: received.delivery,
      canSkip,
      now: Date.now(),
    });
    if (settlement.kind === "wait") return returnMessage(message, settlement.delayMs);
    if (settlement.kind === "retry") {
      const { delayMs } = settlement;
      log.warn(
        { ...about, delay: delayMs, delivery: received.delivery },
        `Will retry: ${error.message}`,
      );
      return returnMessage(message, delayMs);
    }
    if (settlement.kind === "skip") {
      log.warn(about, `Skipped a message that is published again periodically: ${error.message}`);
      return acknowledge(message);
    }
    try {
      await this.#options.deadLetter(
        { ...received, subject: message.subject, payload: message.string() },
        error,
      );
      log.error(about, `Moved a message to the dead letters: ${error.message}`);
      return acknowledge(message);
    } catch (cause) {
      log.warn({ ...about, err: cause }, `Could not store a dead letter: ${messageOf(cause)}`);
      return returnMessage(message, DEAD_LETTER_RETRY_MS);
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
