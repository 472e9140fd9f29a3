import { EVERY_EVENT, type EventDefinition, environmentOf } from "@honua/contracts";
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
 * A lane is visited when an event of it passes by, and then until it is empty; in between it costs
 * nothing, however many there are.
 */
export function createLanes(
  deps: {
    connection: NatsConnection;
    manager: JetStreamManager;
    log: Log;
    onReconnect: (listener: () => void) => () => void;
  },
  { atOnce, handles }: LanesOptions,
): Lanes {
  const { connection, log } = deps;
  const gate = createGate(atOnce);
  const isHandled = (event: Partial<EventDefinition>) =>
    handles?.some(({ name, type }) => name === event.name || type === event.type) ?? true;
  const lanes = new Map<string, Set<Lane>>();
  let passing: Subscription | undefined;
  let forget = () => {};

  function listen() {
    passing ??= connection.subscribe(EVERY_EVENT, {
      callback: (error, { subject }) => {
        if (error) return log.error({ err: error }, "The bus refused a look at the events");
        const environment = environmentOf(subject);
        if (!isHandled({ name: subject.slice(`honua.${environment}.`.length) })) return;
        for (const lane of lanes.get(environment) ?? []) lane.wake();
      },
    });
    // Whatever passed meanwhile was not seen.
    forget = deps.onReconnect(() => {
      for (const lane of [...lanes.values()].flatMap((some) => [...some])) lane.reopen();
    });
  }

  function stopListening() {
    passing?.unsubscribe();
    passing = undefined;
    forget();
  }

  return {
    open(options) {
      if (lanes.size === 0) listen();
      const { environment } = options;
      const lane = createLane({ ...deps, gate, isHandled: (type) => isHandled({ type }) }, options);
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
