import {
  environmentPaused,
  environmentResync,
  eventSubject,
  laneSignSubject,
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

const lanes = () => bus.lanes({ atOnce: 4 });
const resync = (environment: string, id?: string) =>
  bus.publish(environmentResync, {
    environment,
    data: { cause: "interval" },
    ...(id ? { id } : {}),
  });

describe("a lane", () => {
  it("hands over an environment's messages one at a time and in order", async () => {
    const seen: string[] = [];
    let underWay = 0;
    let most = 0;
    const handle = async ({ event }: { event: { id: string } }) => {
      most = Math.max(most, ++underWay);
      await new Promise((resolve) => setImmediate(resolve));
      seen.push(event.id);
      underWay -= 1;
    };
    const bury = async () => {};
    const stops = [1, 2].map(() => lanes().open({ environment: "ordered", handle, bury }));
    const ids = Array.from({ length: 20 }, (_, index) => `ordered-${index}`);
    for (const id of ids) await resync("ordered", id);
    await eventually("all messages", () => seen.length >= ids.length);
    expect(seen).toEqual(ids);
    expect(most).toBe(1);
    await Promise.all(stops.map((stop) => stop()));
  });

  it("stores a message id once", async () => {
    const seen: string[] = [];
    await resync("once", "same");
    await resync("once", "same");
    await resync("once", "other");
    const stop = lanes().open({
      environment: "once",
      handle: async ({ event }) => void seen.push(event.id),
      bury: async () => {},
    });
    await eventually("the last message", () => seen.includes("other"));
    expect(seen).toEqual(["same", "other"]);
    await stop();
  });

  it("tries transient errors again, waits for waiting ones and buries permanent ones", async () => {
    const attempts: Record<string, number> = {};
    const buried: string[] = [];
    const failures: Record<string, (attempt: number) => Error | undefined> = {
      transient: (attempt) => (attempt < 3 ? new TransientError("busy", "not now") : undefined),
      waiting: (attempt) =>
        attempt < 2 ? new WaitingError("later", "later", new Date(Date.now() + 50)) : undefined,
      permanent: () => new PermanentError("broken", "never"),
    };
    const stop = lanes().open({
      environment: "errors",
      async handle({ event }) {
        const attempt = (attempts[event.id] ?? 0) + 1;
        attempts[event.id] = attempt;
        const failure = failures[event.id]?.(attempt);
        if (failure) throw failure;
      },
      bury: async ({ event }, error) => void buried.push(`${event.id}:${error.code}`),
    });
    for (const id of ["transient", "waiting", "permanent", "after"]) await resync("errors", id);
    await eventually("the last message", () => attempts.after);
    expect(attempts).toEqual({ transient: 3, waiting: 2, permanent: 1, after: 1 });
    expect(buried).toEqual(["permanent:broken"]);
    await stop();
  });

  it("is taken over also when its holder dies late, and nobody asks for its state until then", async () => {
    const other = await connectBus({
      url: nats.url,
      service: "test",
      instance: "dying-late",
      log,
      onClosed: () => {},
    });
    const asked: string[] = [];
    const stopAsking = bus.glimpse("$JS.API.CONSUMER.INFO.>", (subject) => asked.push(subject));
    let signs = 0;
    const stopCounting = bus.glimpse(laneSignSubject("held-long"), () => (signs += 1));
    const taken = new Promise<void>((resolve) => {
      other.lanes({ atOnce: 1 }).open({
        environment: "held-long",
        handle: () => new Promise<void>(() => resolve()),
        bury: async () => {},
      });
    });
    await resync("held-long", "held-long");
    await taken;
    const seen: number[] = [];
    const stop = lanes().open({
      environment: "held-long",
      handle: async ({ delivery }) => void seen.push(delivery),
      bury: async () => {},
    });
    // One at once and one every two seconds: by then the other process has looked in vain.
    await eventually("it is held for long", () => signs >= 5, 20_000);
    await other.close();
    await eventually("the message once more", () => seen.length > 0, 20_000);
    expect(seen).toEqual([2]);
    expect(asked).toEqual([]);
    await Promise.all([stop(), stopAsking(), stopCounting()]);
  });

  it("is taken over when whoever held a message has died with it", async () => {
    const other = await connectBus({
      url: nats.url,
      service: "test",
      instance: "dying",
      log,
      onClosed: () => {},
    });
    const taken = new Promise<void>((resolve) => {
      other.lanes({ atOnce: 1 }).open({
        environment: "orphaned",
        handle: () => new Promise<void>(() => resolve()),
        bury: async () => {},
      });
    });
    await resync("orphaned", "orphan");
    await taken;
    await other.close();
    const seen: number[] = [];
    const stop = lanes().open({
      environment: "orphaned",
      handle: async ({ delivery }) => void seen.push(delivery),
      bury: async () => {},
    });
    await eventually("the message once more", () => seen.length > 0, 20_000);
    expect(seen).toEqual([2]);
    await stop();
  });

  it("keeps nothing of what was done, and its environment is waited for until then", async () => {
    await resync("done");
    expect(await bus.environmentsWaiting()).toContain("done");
    const stop = lanes().open({
      environment: "done",
      handle: async () => {},
      bury: async () => {},
    });
    await eventually("nothing waits", async () => {
      return !(await bus.environmentsWaiting()).includes("done");
    });
    await stop();
  });

  it("is not given what only happened", async () => {
    const seen: string[] = [];
    const stop = lanes().open({
      environment: "history",
      handle: async ({ event }) => void seen.push(event.type),
      bury: async () => {},
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

  it("leaves out what is no event, and a sign that says nothing", async () => {
    const seen: string[] = [];
    const stop = lanes().open({
      environment: "garbled",
      handle: async ({ event }) => void seen.push(event.id),
      bury: async () => {},
    });
    const stranger = await connect({ servers: nats.url });
    for (const text of ["no JSON", "6500", '{"specversion":"0.3"}']) {
      stranger.publish(laneSignSubject("garbled"), text);
      stranger.publish(eventSubject("garbled", "environment.resync", "lane"), text);
    }
    await stranger.flush();
    await stranger.close();
    await resync("garbled", "understood");
    await eventually("the event behind them", () => seen.length > 0);
    expect(seen).toEqual(["understood"]);
    await stop();
  });

  it("works on so many environments at once, and lets one that only waits not count", async () => {
    const names = ["place-a", "place-b", "place-c"];
    const begun: string[] = [];
    const release: (() => void)[] = [];
    const { open } = bus.lanes({ atOnce: 2 });
    const stops = names.map((environment) =>
      open({
        environment,
        handle: () =>
          new Promise<void>((resolve) => {
            begun.push(environment);
            release.push(resolve);
          }),
        bury: async () => {},
      }),
    );
    for (const environment of names) await resync(environment);
    await eventually("two of them", () => begun.length >= 2);
    expect(begun).toHaveLength(2);
    await eventually("the third, although none has ended", () => begun.length === 3);
    for (const end of release) end();
    await Promise.all(stops.map((stop) => stop()));
  });

  it("leaves out a message that no attempt handles when another will come", async () => {
    const buried: string[] = [];
    const handled: string[] = [];
    const stop = lanes().open({
      environment: "hints",
      async handle({ event }) {
        if (event.id !== "hints-after") throw new PermanentError("broken", "never");
        handled.push(event.id);
      },
      giveUpOn: ({ id }) => id !== "hints-hint",
      bury: async ({ event }) => void buried.push(event.id),
    });
    for (const id of ["hints-hint", "hints-letter", "hints-after"]) await resync("hints", id);
    await eventually("the last message", () => handled.length === 1);
    expect(buried).toEqual(["hints-letter"]);
    await stop();
  });
});

describe("a lost broker", () => {
  it("is reconnected to, with its streams declared again and lanes going on", async () => {
    const seen: string[] = [];
    const stop = lanes().open({
      environment: "lost",
      handle: async ({ event }) => void seen.push(event.id),
      bury: async () => {},
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
