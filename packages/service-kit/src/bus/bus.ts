import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import {
  type BucketDefinition,
  type CallDefinition,
  type Envelope,
  EVERY_LANE_MESSAGE,
  type EventDefinition,
  environmentOf,
  eventOfType,
  eventSubjects,
  inboxPrefix,
  LANE_STREAM,
  type ObjectStoreName,
  wrapEvent,
} from "@honua/contracts";
import { type JetStreamManager, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { createInbox, type NatsConnection } from "nats";
import pLimit from "p-limit";
import type { z } from "zod";
import { backoffDelay } from "../backoff.ts";
import { messageOf, TransientError } from "../errors.ts";
import type { Log } from "../log.ts";
import { type Bucket, openBucket } from "./bucket.ts";
import { type Address, type CallOptions, performCall, serveCall } from "./calls.ts";
import { type BusCredentials, type BusTls, connectNats } from "./connection.ts";
import { type FollowOptions, runFollower } from "./follower.ts";
import { createLanePool, type LanePool, type LanePoolOptions } from "./lane-pool.ts";
import { type ObjectStoreClient, openObjectStore } from "./objects.ts";
import { declareTopology, expectTopology } from "./topology.ts";
import { tracedHeaders } from "./trace-propagation.ts";

/** Stops a subscription, a call handler or a lane, and waits for its work in progress. */
export type Stop = () => Promise<void>;

/** The message bus, typed by the contracts. */
export interface Bus {
  /** Publishes an event and waits until the stream has stored it. A repeated `id` is stored once. */
  publish<Data extends z.ZodType>(
    event: EventDefinition<Data>,
    message: { environment: string; data: z.input<Data>; id?: string; time?: Date },
  ): Promise<void>;
  /** Publishes an existing envelope, such as an outbox row. */
  publishEnvelope(event: Envelope): Promise<void>;
  call<Request extends z.ZodType, Response extends z.ZodType>(
    call: CallDefinition<Request, Response>,
    request: z.input<Request>,
    options?: CallOptions,
  ): Promise<z.output<Response>>;
  serve<Request extends z.ZodType, Response extends z.ZodType>(
    call: CallDefinition<Request, Response>,
    handler: (request: z.output<Request>) => Promise<z.input<Response>>,
    at?: Address,
  ): Stop;
  bucket<Schema extends z.ZodType>(
    definition: BucketDefinition<Schema>,
  ): Promise<Bucket<z.output<Schema>>>;
  objects(name: ObjectStoreName): Promise<ObjectStoreClient>;
  /** Opens lanes, which process the messages of each environment in order. */
  lanePool(options: LanePoolOptions): LanePool;
  /** Consumes every event once among all processes that use the same name. */
  follow(options: FollowOptions): Stop;
  /** Calls `onEvent` for published events without a delivery guarantee, to react early. */
  observeSubject(subject: string, onEvent: (subject: string) => void): Stop;
  /** The environments whose lanes hold a message. */
  environmentsWithMessages(): Promise<string[]>;
  isConnected(): boolean;
  close(): Promise<void>;
}

/**
 * Concurrent calls of one process. More calls would only queue at the callee against their time limit:
 * a thousand environments that read state in the same second would all time out.
 */
const MAX_CONCURRENT_CALLS = 32;

/** Connects, declares streams and buckets, and returns the bus. */
export async function connectBus(options: {
  url: string;
  credentials?: BusCredentials | undefined;
  tls?: BusTls | undefined;
  /** `declare` creates missing streams; `expect` only checks that the administrator has created them. */
  topology?: "declare" | "expect";
  service: string;
  instance: string;
  log: Log;
  /** Called with the reason while the first connection fails. */
  onFault?: ((reason: string) => void) | undefined;
  /** Time limit for the first connection in milliseconds; none if absent. */
  connectWithinMs?: number | undefined;
  onClosed: (error: Error | undefined) => void;
}): Promise<Bus> {
  const { service, instance, log } = options;
  let closing = false;
  let connected = true;
  const connection = await connectNats({
    ...options,
    onClosed: (error) => {
      connected = false;
      if (!closing) options.onClosed(error);
    },
  });
  const ensureTopology = options.topology === "expect" ? expectTopology : declareTopology;
  const manager = await openJetStream(connection, ensureTopology).catch(async (error: unknown) => {
    closing = true;
    await connection.close();
    throw error;
  });
  const onReconnect = new Set<() => void>();
  const listen = (listener: () => void) => {
    onReconnect.add(listener);
    return () => onReconnect.delete(listener);
  };
  void (async () => {
    for await (const { type } of connection.status()) {
      if (type === "disconnect") connected = false;
      if (type === "reconnect") {
        connected = true;
        await restoreTopology(() => ensureTopology(connection, manager), connection, log);
        for (const listener of onReconnect) listener();
      }
    }
  })();
  const inbox = () => createInbox(inboxPrefix(service));
  const stream = jetstream(connection);
  const limitCalls = pLimit(MAX_CONCURRENT_CALLS);
  const buckets = new Map<string, Promise<Bucket<unknown>>>();
  const stores = new Map<ObjectStoreName, Promise<ObjectStoreClient>>();

  const publishEnvelope = async (event: Envelope) => {
    const payload = JSON.stringify(event);
    const store = (subject: string) =>
      stream.publish(subject, payload, {
        msgID: event.id,
        headers: tracedHeaders(),
        timeout: 5_000,
      });
    try {
      await Promise.all(eventSubjects(eventOfType(event.type), event.subject).map(store));
    } catch (cause) {
      throw new TransientError(
        "publish-failed",
        `Event ${event.type} was not stored: ${messageOf(cause)}`,
        {
          cause,
        },
      );
    }
  };

  return {
    publish: (event, { environment, data, id = randomUUID(), time = new Date() }) =>
      publishEnvelope(
        wrapEvent(event, {
          id,
          environment,
          source: `honua/${service}/${instance}`,
          time: time.toISOString(),
          data,
        }),
      ),
    publishEnvelope,
    call(call, request, callOptions) {
      const perform = () => performCall(connection, call, request, callOptions);
      return callOptions?.to ? perform() : limitCalls(perform);
    },
    serve: (call, handler, at) => serveCall(connection, log, call, handler, at),
    bucket<Schema extends z.ZodType>(definition: BucketDefinition<Schema>) {
      const bucket = buckets.get(definition.name) ?? openBucket(connection, manager, definition);
      buckets.set(definition.name, bucket);
      return bucket as Promise<Bucket<z.output<Schema>>>;
    },
    objects(name) {
      const store = stores.get(name) ?? openObjectStore(connection, manager, name);
      stores.set(name, store);
      return store;
    },
    lanePool: (lanesOptions) =>
      createLanePool(
        { connection, manager, log, inbox, instance, onReconnect: listen },
        lanesOptions,
      ),
    follow: (followOptions) => runFollower(manager, log, followOptions, listen),
    observeSubject(subject, onEvent) {
      const subscription = connection.subscribe(subject, {
        callback: (error, message) => {
          if (!error) onEvent(message.subject);
        },
      });
      return () => subscription.drain();
    },
    async environmentsWithMessages() {
      const { state } = await manager.streams.info(LANE_STREAM, {
        subjects_filter: EVERY_LANE_MESSAGE,
      });
      return [...new Set(Object.keys(state.subjects ?? {}).map(environmentOf))];
    },
    isConnected: () => connected,
    async close() {
      closing = true;
      await connection.drain().catch(() => connection.close());
    },
  };
}

async function openJetStream(
  connection: NatsConnection,
  ensureTopology: typeof declareTopology,
): Promise<JetStreamManager> {
  const manager = await jetstreamManager(connection);
  await ensureTopology(connection, manager);
  return manager;
}

/** Declares the streams again after a reconnect, because the broker may have lost them. */
async function restoreTopology(settle: () => Promise<void>, connection: NatsConnection, log: Log) {
  for (let attempt = 1; !connection.isClosed(); attempt++) {
    try {
      return await settle();
    } catch (error) {
      log.warn({ err: error }, `Could not restore the streams yet: ${messageOf(error)}`);
      await setTimeout(backoffDelay(attempt, { baseMs: 200, maxMs: 5_000 }));
    }
  }
}
