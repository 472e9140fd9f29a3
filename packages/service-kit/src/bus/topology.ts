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

/** JetStream error: the stream exists with another configuration. */
const NAME_IN_USE = 10058;

/** JetStream error: another stream already has the subjects. */
const SUBJECTS_OVERLAP = 10065;

/** Deduplication window, in which the broker drops a replayed outbox row. */
const DUPLICATE_WINDOW_MS = 2 * 60 * SECOND;

const retentionSettings = {
  storage: StorageType.File,
  discard: DiscardPolicy.Old,
  max_age: nanos(7 * DAY),
  duplicate_window: nanos(DUPLICATE_WINDOW_MS),
};

const streams = [
  {
    ...retentionSettings,
    name: EVENT_STREAM,
    subjects: [EVERY_EVENT],
    retention: RetentionPolicy.Limits,
    max_bytes: 1024 * 1024 * 1024,
  },
  {
    ...retentionSettings,
    name: LANE_STREAM,
    subjects: [EVERY_LANE_MESSAGE],
    // Acknowledged messages are removed, so that a lane does not have to skip them.
    retention: RetentionPolicy.Workqueue,
    max_bytes: 256 * 1024 * 1024,
  },
] satisfies Partial<StreamConfig>[];

/** Attempts while another stream has the subjects: about four seconds. */
const DECLARE_ATTEMPTS = 8;

/**
 * Declares the streams, buckets and object stores. It is idempotent and safe to run in several
 * processes at once: while one process creates a stream, nats-server reports to the others that its
 * subjects are taken.
 *
 * @throws PermanentError `subjects-taken` if a stream that is not Honua's has the subjects
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
      if (attempt === DECLARE_ATTEMPTS) {
        throw new PermanentError(
          "subjects-taken",
          "Another stream of nats-server uses subjects that Honua needs. Find it with 'nats stream ls --subjects' and change its subjects, or give Honua its own nats-server account.",
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
 * Checks that the streams exist, for a service without permission to create them. The buckets are
 * created together with the streams.
 *
 * @throws PermanentError `streams-missing` with the command that creates them
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
        `nats-server has no stream ${name}. Run 'honua bus setup' with the administrator's password.`,
        { cause },
      );
    }
  }
}

/** Updates the settings that can be changed in place. Any other difference needs an administrator. */
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

/** Milliseconds without acknowledgement after which a message is redelivered to another reconciler. */
export const LANE_ACK_WAIT_MS = 6 * SECOND;

/**
 * Declares the lane of an environment: one durable consumer with one message in flight, so that the
 * messages of an environment are processed in order, whichever process receives them.
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

/** Unacknowledged events of one follower; the parts of a follower share this limit. */
export const FOLLOWER_MAX_ACK_PENDING = 1_000;

/**
 * Declares a durable consumer of all future events. It is removed when it is unused for as long as the
 * stream keeps events, because its position would then be meaningless.
 */
export async function declareFollower(
  manager: JetStreamManager,
  { name, ackWaitMs }: { name: string; ackWaitMs: number },
): Promise<void> {
  const wanted = {
    ack_wait: nanos(ackWaitMs),
    max_ack_pending: FOLLOWER_MAX_ACK_PENDING,
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
