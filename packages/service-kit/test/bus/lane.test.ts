import {
  environmentPaused,
  environmentResync,
  eventSubject,
  laneHeartbeatSubject,
} from "@honua/contracts";
import { eventually } from "@honua/testing/eventually";
import { type RunningNats, startNats } from "@honua/testing/nats";
import { connect } from "nats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Bus,
  connectBus,
  createLog,
  PermanentError,
  TransientError,
  WaitingError,
} from "../../src/index.ts";

const log = createLog({ service: "test", instance: "test", level: "silent" });
let nats: RunningNats;
let bus: Bus;

beforeAll(async () => {
  nats = await startNats();
  bus = await connectBus({
    url: nats.url,
    service: "test",
    instance: "a",
    log,
    onClosed: () => {},
  });
});
afterAll(async () => {
  await bus.close();
  await nats.stop();
});

const lanes = () => bus.lanePool({ maxConcurrent: 4 });
const resync = (environment: string, id?: string) =>
  bus.publish(environmentResync, {
    environment,
    data: { cause: "interval" },
    ...(id ? { id } : {}),
  });

describe("a lane", () => {
  it("delivers an environment's messages one at a time and in order", async () => {
    const seen: string[] = [];
    let inFlight = 0;
    let most = 0;
    const handle = async ({ event }: { event: { id: string } }) => {
      most = Math.max(most, ++inFlight);
      await new Promise((resolve) => setImmediate(resolve));
      seen.push(event.id);
      inFlight -= 1;
    };
    const deadLetter = async () => {};
    const stops = [1, 2].map(() =>
      lanes().openLane({ environment: "ordered", handle, deadLetter }),
    );
    const ids = Array.from({ length: 20 }, (_, index) => `ordered-${index}`);
    for (const id of ids) await resync("ordered", id);
    await eventually("all messages", () => seen.length >= ids.length);
    expect(seen).toEqual(ids);
    expect(most).toBe(1);
    await Promise.all(stops.map((stop) => stop()));
  });

  it("stores a repeated message id once", async () => {
    const seen: string[] = [];
    await resync("once", "same");
    await resync("once", "same");
    await resync("once", "other");
    const stop = lanes().openLane({
      environment: "once",
      handle: async ({ event }) => void seen.push(event.id),
      deadLetter: async () => {},
    });
    await eventually("the last message", () => seen.includes("other"));
    expect(seen).toEqual(["same", "other"]);
    await stop();
  });

  it("retries transient errors, delays waiting ones and dead-letters permanent ones", async () => {
    const attempts: Record<string, number> = {};
    const buried: string[] = [];
    const failures: Record<string, (attempt: number) => Error | undefined> = {
      transient: (attempt) => (attempt < 3 ? new TransientError("busy", "not now") : undefined),
      waiting: (attempt) =>
        attempt < 2 ? new WaitingError("busy", "later", new Date(Date.now() + 50)) : undefined,
      permanent: () => new PermanentError("invalid-request", "never"),
    };
    const stop = lanes().openLane({
      environment: "errors",
      async handle({ event }) {
        const attempt = (attempts[event.id] ?? 0) + 1;
        attempts[event.id] = attempt;
        const failure = failures[event.id]?.(attempt);
        if (failure) throw failure;
      },
      deadLetter: async ({ event }, error) => void buried.push(`${event.id}:${error.code}`),
    });
    for (const id of ["transient", "waiting", "permanent", "after"]) await resync("errors", id);
    await eventually("the last message", () => attempts.after);
    expect(attempts).toEqual({ transient: 3, waiting: 2, permanent: 1, after: 1 });
    expect(buried).toEqual(["permanent:invalid-request"]);
    await stop();
  });

  it("is taken over if its holder terminates late, without polling its state", async () => {
    const other = await connectBus({
      url: nats.url,
      service: "test",
      instance: "dying-late",
      log,
      onClosed: () => {},
    });
    const asked: string[] = [];
    const stopAsking = bus.observeSubject("$JS.API.CONSUMER.INFO.>", (subject) =>
      asked.push(subject),
    );
    let signs = 0;
    const stopCounting = bus.observeSubject(laneHeartbeatSubject("held-long"), () => (signs += 1));
    const taken = new Promise<void>((resolve) => {
      other.lanePool({ maxConcurrent: 1 }).openLane({
        environment: "held-long",
        handle: () => new Promise<void>(() => resolve()),
        deadLetter: async () => {},
      });
    });
    await resync("held-long", "held-long");
    await taken;
    const seen: number[] = [];
    const stop = lanes().openLane({
      environment: "held-long",
      handle: async ({ delivery }) => void seen.push(delivery),
      deadLetter: async () => {},
    });
    // One immediately and one every two seconds, so that the other process has already checked once.
    await eventually("it is held for long", () => signs >= 5, 20_000);
    await other.close();
    await eventually("the message once more", () => seen.length > 0, 20_000);
    expect(seen).toEqual([2]);
    expect(asked).toEqual([]);
    await Promise.all([stop(), stopAsking(), stopCounting()]);
  });

  it("is taken over if the process that holds a message terminates", async () => {
    const other = await connectBus({
      url: nats.url,
      service: "test",
      instance: "dying",
      log,
      onClosed: () => {},
    });
    const taken = new Promise<void>((resolve) => {
      other.lanePool({ maxConcurrent: 1 }).openLane({
        environment: "orphaned",
        handle: () => new Promise<void>(() => resolve()),
        deadLetter: async () => {},
      });
    });
    await resync("orphaned", "orphan");
    await taken;
    await other.close();
    const seen: number[] = [];
    const stop = lanes().openLane({
      environment: "orphaned",
      handle: async ({ delivery }) => void seen.push(delivery),
      deadLetter: async () => {},
    });
    await eventually("the message once more", () => seen.length > 0, 20_000);
    expect(seen).toEqual([2]);
    await stop();
  });

  it("keeps no acknowledged message, and lists its environment until then", async () => {
    await resync("done");
    expect(await bus.environmentsWithMessages()).toContain("done");
    const stop = lanes().openLane({
      environment: "done",
      handle: async () => {},
      deadLetter: async () => {},
    });
    await eventually("nothing waits", async () => {
      return !(await bus.environmentsWithMessages()).includes("done");
    });
    await stop();
  });

  it("does not receive events that are kept for history only", async () => {
    const seen: string[] = [];
    const stop = lanes().openLane({
      environment: "history",
      handle: async ({ event }) => void seen.push(event.type),
      deadLetter: async () => {},
    });
    await bus.publish(environmentPaused, {
      environment: "history",
      data: { pausedBy: "user:ana", reason: "r" },
    });
    await resync("history");
    await eventually("the message", () => seen.length > 0);
    expect(seen).toEqual([environmentResync.type]);
    await stop();
  });

  it("skips messages that are not events, and malformed heartbeats", async () => {
    const seen: string[] = [];
    const stop = lanes().openLane({
      environment: "garbled",
      handle: async ({ event }) => void seen.push(event.id),
      deadLetter: async () => {},
    });
    const stranger = await connect({ servers: nats.url });
    for (const text of ["no JSON", "6500", '{"specversion":"0.3"}']) {
      stranger.publish(laneHeartbeatSubject("garbled"), text);
      stranger.publish(eventSubject("garbled", "environment.resync", "lane"), text);
    }
    await stranger.flush();
    await stranger.close();
    await resync("garbled", "understood");
    await eventually("the event behind them", () => seen.length > 0);
    expect(seen).toEqual(["understood"]);
    await stop();
  });

  it("limits the environments that are processed at once, not counting waiting ones", async () => {
    const names = ["place-a", "place-b", "place-c"];
    const begun: string[] = [];
    const release: (() => void)[] = [];
    const { openLane } = bus.lanePool({ maxConcurrent: 2 });
    const stops = names.map((environment) =>
      openLane({
        environment,
        handle: () =>
          new Promise<void>((resolve) => {
            begun.push(environment);
            release.push(resolve);
          }),
        deadLetter: async () => {},
      }),
    );
    for (const environment of names) await resync(environment);
    await eventually("two of them", () => begun.length >= 2);
    expect(begun).toHaveLength(2);
    await eventually("the third, although none has ended", () => begun.length === 3);
    for (const end of release) end();
    await Promise.all(stops.map((stop) => stop()));
  });

  it("skips an exhausted message that is published again periodically", async () => {
    const buried: string[] = [];
    const handled: string[] = [];
    const stop = lanes().openLane({
      environment: "hints",
      async handle({ event }) {
        if (event.id !== "hints-after") throw new PermanentError("invalid-request", "never");
        handled.push(event.id);
      },
      shouldDeadLetter: ({ id }) => id !== "hints-hint",
      deadLetter: async ({ event }) => void buried.push(event.id),
    });
    for (const id of ["hints-hint", "hints-letter", "hints-after"]) await resync("hints", id);
    await eventually("the last message", () => handled.length === 1);
    expect(buried).toEqual(["hints-letter"]);
    await stop();
  });
});

describe("a lost broker", () => {
  it("reconnects, declares the streams again and continues the lanes", async () => {
    const seen: string[] = [];
    const stop = lanes().openLane({
      environment: "lost",
      handle: async ({ event }) => void seen.push(event.id),
      deadLetter: async () => {},
    });
    await resync("lost", "before");
    await eventually("the message before", () => seen.includes("before"));
    await nats.restart({ wipe: true });
    await eventually("publishing works again", async () => {
      await resync("lost", "after");
      return true;
    });
    await eventually("the message after", () => seen.includes("after"));
    await stop();
  });
});
