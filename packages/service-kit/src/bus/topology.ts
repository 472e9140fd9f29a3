import { setTimeout } from "node:timers/promises";
import {
  allBuckets,
  EVENT_STREAM,
  EVERY_EVENT,
  EVERY_LANE_MESSAGE,
  LANE_STREAM,
  laneFilter,
  laneName,
  objectStores,
} from "@honua/contracts";
import {
  AckPolicy,
  DeliverPolicy,
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { Objm } from "@nats-io/obj";
import { type NatsConnection, nanos } from "nats";
import { backoffDelay } from "../backoff.ts";
import { PermanentError } from "../errors.ts";

const SECOND = 1_000;
const DAY = 24 * 60 * 60 * SECOND;

/** JetStream's error of a stream whose name exists with another configuration. */
const NAME_IN_USE = 10058;

/** JetStream's error of a stream whose subjects are another one's already. */
const SUBJECTS_OVERLAP = 10065;

/** How long the broker remembers a message id, so that a replayed outbox row is dropped. */
const DUPLICATE_WINDOW_MS = 2 * 60 * SECOND;

const kept = {
  storage: StorageType.File,
  discard: DiscardPolicy.Old,
  max_age: nanos(7 * DAY),
  duplicate_window: nanos(DUPLICATE_WINDOW_MS),
};

const streams = [
  {
    ...kept,
    name: EVENT_STREAM,
    subjects: [EVERY_EVENT],
    retention: RetentionPolicy.Limits,
    max_bytes: 1024 * 1024 * 1024,
  },
  {
    ...kept,
    name: LANE_STREAM,
    subjects: [EVERY_LANE_MESSAGE],
    // What was acknowledged is gone, so that no lane has to find its way past it.
    retention: RetentionPolicy.Workqueue,
    max_bytes: 256 * 1024 * 1024,
  },
] satisfies Partial<StreamConfig>[];

/** Attempts at declaring while the subjects are somebody else's: about four seconds. */
const ATTEMPTS = 8;

/**
 * Declares the streams, the buckets and the object stores; doing so twice changes nothing, and so
 * does doing it while another process does: to the one who comes second nats-server says that the
 * subjects are taken, until what the first one makes is there.
 *
 * @throws PermanentError `subjects-taken` when they are, by a stream that is not Honua's
 */
export async function declareTopology(
  connection: NatsConnection,
  manager: JetStreamManager,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await declareAll(connection, manager);
    } catch (cause) {
      if (!isApiError(cause, SUBJECTS_OVERLAP)) throw cause;
      if (attempt === ATTEMPTS) {
        throw new PermanentError(
          "subjects-taken",
          "another stream of nats-server has subjects that Honua needs; find it with 'nats stream ls --subjects', and give it others or Honua a nats-server account of its own",
          { cause },
        );
      }
      await setTimeout(backoffDelay(attempt, { baseMs: 50, maxMs: 1_500 }));
    }
  }
}

async function declareAll(connection: NatsConnection, manager: JetStreamManager) {
  for (const stream of streams) await declareStream(manager, stream);
  const buckets = new Kvm(connection);
  for (const bucket of allBuckets) {
    await buckets.create(bucket.name, {
      history: 1,
      ttl: bucket.ttlMs,
      description: bucket.summary,
    });
  }
  const stores = new Objm(connection);
  for (const store of objectStores) await stores.create(store);
}

/**
 * Checks that the streams are there, for a service that may not make them. The buckets are made with
 * them.
 *
 * @throws PermanentError `streams-missing` saying who makes them
 */
export async function expectTopology(
  _connection: NatsConnection,
  manager: JetStreamManager,
): Promise<void> {
  for (const { name } of streams) {
    try {
      await manager.streams.info(name);
    } catch (cause) {
      if (!(cause instanceof JetStreamApiError)) throw cause;
      throw new PermanentError(
        "streams-missing",
        `nats-server has no stream ${name}; run 'honua bus setup' with the administrator's password`,
        { cause },
      );
    }
  }
}

/** Changes what may be changed in place; any other difference is left for a person. */
async function declareStream(manager: JetStreamManager, stream: (typeof streams)[number]) {
  try {
    await manager.streams.add(stream);
  } catch (error) {
    if (!isApiError(error, NAME_IN_USE)) throw error;
    const { name, max_age, max_bytes, duplicate_window } = stream;
    await manager.streams.update(name, { max_age, max_bytes, duplicate_window });
  }
}

function isApiError(error: unknown, code: number): boolean {
  return error instanceof JetStreamApiError && error.code === code;
}

/** How long a reconciler may stay silent about a message before another one is given it. */
export const LANE_ACK_WAIT_MS = 6 * SECOND;

/**
 * Declares the lane of an environment: one durable consumer, one message in flight, so that the
 * messages of an environment are handled in order whichever process takes them.
 */
export async function declareLane(manager: JetStreamManager, environment: string): Promise<void> {
  await manager.consumers.add(LANE_STREAM, {
    durable_name: laneName(environment),
    filter_subject: laneFilter(environment),
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    ack_wait: nanos(LANE_ACK_WAIT_MS),
    max_ack_pending: 1,
    max_deliver: -1,
  });
}

/** Events that one follower has under way; each of its parts must be content with less. */
export const FOLLOWER_PENDING = 1_000;

/**
 * Declares a durable consumer of every event from now on. It vanishes when nobody follows for as long
 * as the stream keeps events: there would be nothing left of what it waited for.
 */
export async function declareFollower(
  manager: JetStreamManager,
  { name, ackWaitMs }: { name: string; ackWaitMs: number },
): Promise<void> {
  const wanted = {
    ack_wait: nanos(ackWaitMs),
    max_ack_pending: FOLLOWER_PENDING,
    inactive_threshold: nanos(7 * DAY),
  };
  try {
    await manager.consumers.info(EVENT_STREAM, name);
  } catch (error) {
    if (!(error instanceof JetStreamApiError)) throw error;
    await manager.consumers.add(EVENT_STREAM, {
      ...wanted,
      durable_name: name,
      filter_subject: EVERY_EVENT,
      ack_policy: AckPolicy.Explicit,
      deliver_policy: DeliverPolicy.New,
      max_deliver: -1,
    });
  }
}
