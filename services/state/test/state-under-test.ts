import type { Bus } from "@honua/service-kit";
import { type RunningNats, startNats } from "@honua/testing/nats";
import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import { afterAll, beforeAll } from "vitest";
import { joinBus, type RunningState, startState } from "./running-state.ts";

/** Two state processes for the tests of a file: whatever holds here holds across processes. */
export function stateUnderTest(): {
  bus: () => Bus;
  url: () => string;
  natsUrl: () => string;
} {
  let database: TestDatabase | undefined;
  let nats: RunningNats | undefined;
  let states: RunningState[] = [];
  let bus: Bus | undefined;

  beforeAll(async () => {
    [database, nats] = await Promise.all([createDatabase(), startNats()]);
    const options = { databaseUrl: database.url, natsUrl: nats.url };
    states = [await startState(options), await startState(options)];
    bus = await joinBus(nats.url);
  });
  afterAll(async () => {
    await bus?.close();
    await Promise.all(states.map((state) => state.stop()));
    await nats?.stop();
    await database?.drop();
  });
  return {
    url() {
      if (states[0]) return states[0].url;
      throw new Error("the state service was not started");
    },
    natsUrl() {
      if (nats) return nats.url;
      throw new Error("the bus was not started");
    },
    bus() {
      if (bus) return bus;
      throw new Error("the state service was not started");
    },
  };
}
