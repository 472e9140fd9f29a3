import { EVERY_LANE_MESSAGE, EVERY_LANE_SIGN, environmentOf, laneSign } from "@honua/contracts";
import type { JetStreamManager } from "@nats-io/jetstream";
import type { Msg, NatsConnection, Subscription } from "nats";
import type { Log } from "../log.ts";
import { createGate } from "./in-flight.ts";
import { createLane, type Lane, type LaneOptions } from "./lane.ts";
import { jsonOf } from "./parse-message-json.ts";

export interface LanesOptions {
  /** Environments that are worked on at once; the others wait for their turn. */
  atOnce: number;
}

/** The lanes that a process takes messages from. */
export interface Lanes {
  /** Opens one; the other end ends what is under way in it, and waits for that. */
  open(options: LaneOptions): () => Promise<void>;
}

/**
 * Takes the messages of environments, each one's in order, a limited number of environments at once.
 * A lane is visited when a message for it passes by, and then until it is empty, and once more after
 * nothing was heard of it any more; in between it costs nothing, however many there are.
 */
export function createLanes(
  deps: {
    connection: NatsConnection;
    manager: JetStreamManager;
    log: Log;
    inbox: () => string;
    instance: string;
    onReconnect: (listener: () => void) => () => void;
  },
  { atOnce }: LanesOptions,
): Lanes {
  const { connection, log } = deps;
  const gate = createGate(atOnce);
  const lanes = new Map<string, Set<Lane>>();
  let passing: Subscription[] = [];
  let forget = () => {};

  function listen() {
    if (passing.length > 0) return;
    passing = [
      seen(EVERY_LANE_MESSAGE, (lane) => lane.wake()),
      seen(EVERY_LANE_SIGN, (lane, message) => {
        const sign = laneSign.safeParse(jsonOf(message));
        if (sign.success) lane.lookedAfter(sign.data);
      }),
    ];
    // Whatever passed meanwhile was not seen.
    forget = deps.onReconnect(() => {
      for (const lane of [...lanes.values()].flatMap((some) => [...some])) lane.reopen();
    });
  }

  /** Tells the lanes of an environment of each message on such a subject. */
  function seen(subject: string, tell: (lane: Lane, message: Msg) => void): Subscription {
    return connection.subscribe(subject, {
      callback: (error, message) => {
        if (error) return log.error({ err: error }, "The bus refused a look at the lanes");
        for (const lane of lanes.get(environmentOf(message.subject)) ?? []) {
          tell(lane, message);
        }
      },
    });
  }

  function stopListening() {
    for (const subscription of passing.splice(0)) subscription.unsubscribe();
    forget();
  }

  return {
    open(options) {
      if (lanes.size === 0) listen();
      const { environment } = options;
      const lane = createLane({ ...deps, gate }, options);
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
