import {
  EVERY_EVENT,
  EVERY_LANE_SIGN,
  type EventDefinition,
  environmentOf,
  eventSubject,
} from "@honua/contracts";
import type { JetStreamManager } from "@nats-io/jetstream";
import type { NatsConnection, Subscription } from "nats";
import type { Log } from "../log.ts";
import { createGate } from "./in-flight.ts";
import { createLane, type Lane, type LaneOptions } from "./lane.ts";

export interface LanesOptions {
  /** Environments that are worked on at once; the others wait for their turn. */
  atOnce: number;
  /** What is handed over, or everything; other events of a lane are history, only acknowledged. */
  handles?: readonly EventDefinition[];
}

/** The lanes that a process takes messages from. */
export interface Lanes {
  /** Opens one; the other end ends what is under way in it, and waits for that. */
  open(options: LaneOptions): () => Promise<void>;
}

/**
 * Takes the messages of environments, each one's in order, a limited number of environments at once.
 * A lane is visited when an event of it passes by, and then until it is empty, and once more after
 * nothing was heard of it any more; in between it costs nothing, however many there are.
 */
export function createLanes(
  deps: {
    connection: NatsConnection;
    manager: JetStreamManager;
    log: Log;
    inbox: () => string;
    onReconnect: (listener: () => void) => () => void;
  },
  { atOnce, handles }: LanesOptions,
): Lanes {
  const { connection, log } = deps;
  const gate = createGate(atOnce);
  const isHandled = (type: string) => handles?.some((event) => event.type === type) ?? true;
  const lanes = new Map<string, Set<Lane>>();
  let passing: Subscription[] = [];
  let forget = () => {};

  function listen() {
    if (passing.length > 0) return;
    const wanted = handles?.map(({ name }) => eventSubject("*", name)) ?? [EVERY_EVENT];
    passing = [
      ...wanted.map((subject) => seen(subject, (lane) => lane.wake())),
      seen(EVERY_LANE_SIGN, (lane, text) => lane.lookIn(Number(text) || 0)),
    ];
    // Whatever passed meanwhile was not seen.
    forget = deps.onReconnect(() => {
      for (const lane of [...lanes.values()].flatMap((some) => [...some])) lane.reopen();
    });
  }

  /** Tells the lanes of an environment of each message on such a subject. */
  function seen(subject: string, tell: (lane: Lane, text: string) => void): Subscription {
    return connection.subscribe(subject, {
      callback: (error, message) => {
        if (error) return log.error({ err: error }, "The bus refused a look at the events");
        for (const lane of lanes.get(environmentOf(message.subject)) ?? []) {
          tell(lane, message.string());
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
      const lane = createLane({ ...deps, gate, isHandled }, options);
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
