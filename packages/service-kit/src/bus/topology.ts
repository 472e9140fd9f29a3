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
import { PermanentError } from "../errors.ts";

const SECOND = 1_000;
const DAY = 24 * 60 * 60 * SECOND;

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

/** Declares the streams, the buckets and the object stores; doing so twice changes nothing. */
export async function declareTopology(connection: NatsConnection, manager: JetStreamManager) {
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
    if (!isNameInUse(error)) throw error;
    const { name, max_age, max_bytes, duplicate_window } = stream;
    await manager.streams.update(name, { max_age, max_bytes, duplicate_window });
  }
}

/** JetStream error 10058: a stream of this name exists with another configuration. */
function isNameInUse(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.code === 10058;
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
