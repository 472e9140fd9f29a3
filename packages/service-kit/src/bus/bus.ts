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
  wrap,
} from "@honua/contracts";
import { type JetStreamManager, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { createInbox, type NatsConnection } from "nats";
import type { z } from "zod";
import { backoffDelay } from "../backoff.ts";
import { messageOf, TransientError } from "../errors.ts";
import type { Log } from "../log.ts";
import { type Bucket, openBucket } from "./bucket.ts";
import { type Address, type CallOptions, performCall, serveCall } from "./calls.ts";
import { type BusCredentials, type BusTls, connectNats } from "./connection.ts";
import { type FollowOptions, runFollower } from "./follower.ts";
import { createGate } from "./in-flight.ts";
import { createLanes, type Lanes, type LanesOptions } from "./lane-pool.ts";
import { type Objects, openObjects } from "./objects.ts";
import { declareTopology, expectTopology } from "./topology.ts";
import { tracedHeaders } from "./trace-propagation.ts";

/** Ends what a subscription, a server or a lane does, and waits for the work under way. */
export type Stop = () => Promise<void>;

/** Everything a service may do on the message bus, typed by the contracts. */
export interface Bus {
  /** Publishes and waits until the stream has stored it. The same `id` twice is stored once. */
  publish<Data extends z.ZodType>(
    event: EventDefinition<Data>,
    message: { environment: string; data: z.input<Data>; id?: string; time?: Date },
  ): Promise<void>;
  /** Publishes an envelope that was made earlier, such as an outbox row. */
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
  objects(name: ObjectStoreName): Promise<Objects>;
  /** Takes the messages of environments, each one's in order. */
  lanes(options: LanesOptions): Lanes;
  /** Takes every event once, among all processes that follow under one name. */
  follow(options: FollowOptions): Stop;
  /** Sees events as they pass, without any promise of delivery; for waking up early. */
  glimpse(subject: string, onEvent: (subject: string) => void): Stop;
  /** The environments whose lanes hold a message. */
  environmentsWaiting(): Promise<string[]>;
  isConnected(): boolean;
  close(): Promise<void>;
}

/**
 * Calls to one service that a process has under way. More would not be answered sooner: they would
 * wait at the other end, against their time limit, and a thousand environments that look at state in
 * the same second would all run out of it.
 */
const CALLS_AT_ONCE = 32;

/** Connects, declares streams and buckets, and gives the typed bus. */
export async function connectBus(options: {
  url: string;
  credentials?: BusCredentials | undefined;
  tls?: BusTls | undefined;
  /** `declare` makes what is missing; `expect` leaves that to whoever administers the bus. */
  topology?: "declare" | "expect";
  service: string;
  instance: string;
  log: Log;
  /** Told why nats-server cannot be used, while it is tried for the first time. */
  onFault?: ((reason: string) => void) | undefined;
  /** Waits for ever when absent. */
  giveUpAfterMs?: number | undefined;
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
  const settle = options.topology === "expect" ? expectTopology : declareTopology;
  const manager = await openJetStream(connection, settle).catch(async (error: unknown) => {
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
        await settleAgain(() => settle(connection, manager), connection, log);
        for (const listener of onReconnect) listener();
      }
    }
  })();
  const inbox = () => createInbox(inboxPrefix(service));
  const stream = jetstream(connection);
  const callGate = createGate(CALLS_AT_ONCE);
  const buckets = new Map<string, Promise<Bucket<unknown>>>();
  const stores = new Map<ObjectStoreName, Promise<Objects>>();

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
        `${event.type} was not stored: ${messageOf(cause)}`,
        {
          cause,
        },
      );
    }
  };

  return {
    publish: (event, { environment, data, id = randomUUID(), time = new Date() }) =>
      publishEnvelope(
        wrap(event, {
          id,
          environment,
          source: `honua/${service}/${instance}`,
          time: time.toISOString(),
          data,
        }),
      ),
    publishEnvelope,
    call(call, request, callOptions) {
      const ask = () => performCall(connection, call, request, callOptions);
      return callOptions?.to ? ask() : callGate(ask);
    },
    serve: (call, handler, at) => serveCall(connection, log, call, handler, at),
    bucket<Schema extends z.ZodType>(definition: BucketDefinition<Schema>) {
      const bucket = buckets.get(definition.name) ?? openBucket(connection, manager, definition);
      buckets.set(definition.name, bucket);
      return bucket as Promise<Bucket<z.output<Schema>>>;
    },
    objects(name) {
      const store = stores.get(name) ?? openObjects(connection, manager, name);
      stores.set(name, store);
      return store;
    },
    lanes: (lanesOptions) =>
      createLanes({ connection, manager, log, inbox, instance, onReconnect: listen }, lanesOptions),
    follow: (followOptions) => runFollower(manager, log, followOptions, listen),
    glimpse(subject, onEvent) {
      const subscription = connection.subscribe(subject, {
        callback: (error, message) => {
          if (!error) onEvent(message.subject);
        },
      });
      return () => subscription.drain();
    },
    async environmentsWaiting() {
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
  settle: typeof declareTopology,
): Promise<JetStreamManager> {
  const manager = await jetstreamManager(connection);
  await settle(connection, manager);
  return manager;
}

/** A broker that came back may have lost everything; what is still there stays as it is. */
async function settleAgain(settle: () => Promise<void>, connection: NatsConnection, log: Log) {
  for (let attempt = 1; !connection.isClosed(); attempt++) {
    try {
      return await settle();
    } catch (error) {
      log.warn({ err: error }, `The streams are not there again: ${messageOf(error)}`);
      await setTimeout(backoffDelay(attempt, { baseMs: 200, maxMs: 5_000 }));
    }
  }
}
