import {
  EVERY_LANE_HEARTBEAT,
  EVERY_LANE_MESSAGE,
  environmentOf,
  laneHeartbeat,
} from "@honua/contracts";
import type { JetStreamManager } from "@nats-io/jetstream";
import type { Msg, NatsConnection, Subscription } from "nats";
import pLimit from "p-limit";
import type { Log } from "../log.ts";
import { Lane, type LaneOptions } from "./lane.ts";
import { parseMessageJson } from "./parse-message-json.ts";

export interface LanePoolOptions {
  /** Environments that are processed at the same time; the others wait for a slot. */
  maxConcurrent: number;
}

/** The lanes that a process drains. */
export interface LanePool {
  /** Opens a lane. The returned function closes it and waits for its current message. */
  openLane(options: LaneOptions): () => Promise<void>;
}

/**
 * Processes the messages of many environments: in order within each, and a limited number of
 * environments at the same time. A lane is drained when a message for it is published, and checked
 * once more after its last heartbeat. An idle lane costs nothing.
 */
export function createLanePool(
  deps: {
    connection: NatsConnection;
    manager: JetStreamManager;
    log: Log;
    inbox: () => string;
    instance: string;
    onReconnect: (listener: () => void) => () => void;
  },
  { maxConcurrent }: LanePoolOptions,
): LanePool {
  const { connection, log } = deps;
  const limit = pLimit(maxConcurrent);
  const lanes = new Map<string, Set<Lane>>();
  let subscriptions: Subscription[] = [];
  let removeReconnectListener = () => {};

  function listen() {
    if (subscriptions.length > 0) return;
    subscriptions = [
      subscribeToLanes(EVERY_LANE_MESSAGE, (lane) => lane.wake()),
      subscribeToLanes(EVERY_LANE_HEARTBEAT, (lane, message) => {
        const sign = laneHeartbeat.safeParse(parseMessageJson(message));
        if (sign.success) lane.recordHeartbeat(sign.data);
      }),
    ];
    // Messages published during the disconnection were not seen.
    removeReconnectListener = deps.onReconnect(() => {
      for (const lane of [...lanes.values()].flatMap((some) => [...some])) lane.reopen();
    });
  }

  /** Calls `notify` for the lanes of an environment with each message on a subject. */
  function subscribeToLanes(
    subject: string,
    notify: (lane: Lane, message: Msg) => void,
  ): Subscription {
    return connection.subscribe(subject, {
      callback: (error, message) => {
        if (error) return log.error({ err: error }, "The bus refused the subscription to lanes");
        for (const lane of lanes.get(environmentOf(message.subject)) ?? []) {
          notify(lane, message);
        }
      },
    });
  }

  function stopListening() {
    for (const subscription of subscriptions.splice(0)) subscription.unsubscribe();
    removeReconnectListener();
  }

  return {
    openLane(options) {
      if (lanes.size === 0) listen();
      const { environment } = options;
      const lane = new Lane({ ...deps, limit }, options);
      const ofEnvironment = lanes.get(environment) ?? new Set();
      lanes.set(environment, ofEnvironment.add(lane));
      lane.reopen();
      return async () => {
        ofEnvironment.delete(lane);
        if (ofEnvironment.size === 0) lanes.delete(environment);
        if (lanes.size === 0) stopListening();
        await lane.stop();
      };
    },
  };
}
