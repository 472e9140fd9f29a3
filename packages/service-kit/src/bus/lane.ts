import {
  type Envelope,
  envelope,
  LANE_STREAM,
  type LaneSign,
  laneName,
  laneSignSubject,
} from "@honua/contracts";
import type { JetStreamManager } from "@nats-io/jetstream";
import { context, SpanKind, trace } from "@opentelemetry/api";
import type { NatsConnection } from "nats";
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
import { createVisits } from "./drain-scheduler.ts";
import type { Gate } from "./in-flight.ts";
import { createTaker, type TakenMessage } from "./message-puller.ts";
import { jsonOf } from "./parse-message-json.ts";
import { declareLane, LANE_ACK_WAIT_MS } from "./topology.ts";
import { contextOf } from "./trace-propagation.ts";

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

export interface Lane {
  /** There is a new message. */
  wake(): void;
  /** Some process says that it looks after it. */
  lookedAfter(sign: LaneSign): void;
  /** Nothing of what was known of the lane holds any more: it is declared again, and visited. */
  reopen(): void;
  stop(): Promise<void>;
}

/** Transient failures of one message before it is buried. */
const MAX_ATTEMPTS = 12;
const RETRY = { baseMs: 250, maxMs: 15_000 };
/** Beyond the time after which a message whose holder is silent is given to somebody else. */
const SILENCE_MS = LANE_ACK_WAIT_MS + 500;
/** An event may pass by a moment before the stream has stored it. */
const WAIT_FOR_MESSAGE_MS = 25;

/**
 * Takes an environment's messages one at a time. Ack after the effect; a transient error comes back
 * with backoff, a waiting one at its time, a permanent one is buried.
 */
export function createLane(
  deps: {
    connection: NatsConnection;
    manager: JetStreamManager;
    log: Log;
    gate: Gate;
    /** A new subject on which this process may listen. */
    inbox: () => string;
    /** Names this process in its signs. */
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

  const taker = createTaker(connection, { stream: LANE_STREAM, consumer, inbox: deps.inbox() });
  const visits = createVisits({ gate: deps.gate, visit });
  return {
    wake,
    lookedAfter({ by, ms }) {
      // What has come while this very process was at the lane is for this one to see to.
      if (by === deps.instance) visits.lookIn(ms);
      else visits.leave(ms);
    },
    reopen() {
      isDeclared = false;
      wake();
    },
    async stop() {
      stopping.abort();
      await visits.stop();
      taker.close();
    },
  };

  function wake() {
    visits.wake();
    // Who got the message in our place may die before it has said so.
    visits.lookIn(SILENCE_MS);
  }

  /** Takes what there is. @returns milliseconds after which to come again, when something is known */
  async function visit(): Promise<number | undefined> {
    let again: number | undefined;
    if (stopping.signal.aborted) return again;
    try {
      if (!isDeclared) await declareLane(manager, environment);
      isDeclared = true;
      while (!stopping.signal.aborted) {
        const message = await taker.take(WAIT_FOR_MESSAGE_MS);
        if (!message) break;
        // One that was given back is in front of all others.
        again = await settle(message);
        // What has come since then has woken this lane.
        if (message.pending === 0) break;
      }
      failures = 0;
      return again;
    } catch (error) {
      isDeclared = false;
      failures += 1;
      log.debug({ err: error, environment }, "The lane broke; opening it again");
      return backoffDelay(failures, { baseMs: 100, maxMs: 5_000 });
    }
  }

  /** Tells every process, this one too, when to look here if nothing else is heard until then. */
  function tell(lookIn = SILENCE_MS) {
    if (connection.isClosed()) return;
    const sign: LaneSign = { by: deps.instance, ms: lookIn };
    connection.publish(laneSignSubject(environment), JSON.stringify(sign));
  }

  /** @returns milliseconds after which the message comes again, when it does */
  async function settle(message: TakenMessage): Promise<number | undefined> {
    if (stopping.signal.aborted) return giveBack(message);
    const keepAlive = setInterval(() => {
      message.working();
      tell();
    }, LANE_ACK_WAIT_MS / 3);
    try {
      const parsed = envelope.safeParse(jsonOf(message));
      if (!parsed.success) {
        log.error({ subject: message.subject }, "A message is not a CloudEvent; it was left out");
        message.term();
        return undefined;
      }
      const event = parsed.data;
      const { delivery } = message;
      if (delivery === 1) {
        lag.record(Math.max(0, Date.now() - message.storedAt.getTime()) / 1_000);
      }
      const received = { environment, event, delivery };
      tell();
      const again = await traced(message, () => options.handle(received, stopping.signal)).then(
        () => done(message),
        (cause: unknown) => retryOrBury(message, received, asHonuaError(cause)),
      );
      // Another process can go on at once with what this one has no time for.
      tell(stopping.signal.aborted ? 0 : SILENCE_MS + (again ?? 0));
      return again;
    } finally {
      clearInterval(keepAlive);
    }
  }

  async function retryOrBury(
    message: TakenMessage,
    received: LaneMessage,
    error: HonuaError,
  ): Promise<number | undefined> {
    if (stopping.signal.aborted) return giveBack(message);
    if (error instanceof WaitingError) {
      return giveBack(message, Math.max(0, error.until.getTime() - Date.now()));
    }
    const about = { err: error, environment: received.environment, event: received.event.type };
    if (!(error instanceof PermanentError) && received.delivery < MAX_ATTEMPTS) {
      const delay = backoffDelay(received.delivery, RETRY);
      log.warn(
        { ...about, delay, delivery: received.delivery },
        `Will try again: ${error.message}`,
      );
      return giveBack(message, delay);
    }
    if (options.giveUpOn?.(received.event) === false) {
      log.warn(about, `Left a message out, another will come: ${error.message}`);
      return done(message);
    }
    try {
      await options.bury(
        { ...received, subject: message.subject, payload: message.string() },
        error,
      );
      log.error(about, `Gave a message up: ${error.message}`);
      return done(message);
    } catch (cause) {
      log.warn({ ...about, err: cause }, `Could not keep a dead letter: ${messageOf(cause)}`);
      return giveBack(message, RETRY.maxMs);
    }
  }
}

function done(message: TakenMessage): undefined {
  message.ack();
}

function giveBack(message: TakenMessage, ms = 0): number {
  message.nak(ms);
  return ms;
}

function traced<T>(message: TakenMessage, work: () => Promise<T>): Promise<T> {
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
