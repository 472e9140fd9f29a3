import {
  environmentPaused,
  environmentResync,
  eventSubject,
  getDeployment,
  laneSignSubject,
  listEnvironments,
  watchCursorsBucket,
} from "@honua/contracts";
import { jetstreamManager } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { Objm } from "@nats-io/obj";
import { connect } from "nats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../../../../test/harness/eventually.ts";
import { type RunningNats, startNats } from "../../../../test/harness/nats.ts";
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

describe("a call", () => {
  it("carries typed errors from the peer", async () => {
    const stop = bus.serve(getDeployment, async () => {
      throw new PermanentError("not-found", "no such deployment", { data: { id: "x" } });
    });
    const error = await bus
      .call(getDeployment, { deploymentId: "x" })
      .catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(PermanentError);
    expect(error).toMatchObject({
      code: "not-found",
      message: "no such deployment",
      data: { id: "x" },
    });
    await stop();
  });

  it("is transient when nobody serves it", async () => {
    const error = await bus.call(listEnvironments, {}).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(TransientError);
    expect(error).toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("nobody serves it"),
    });
  });
});

describe("a bucket", () => {
  const cursor = (commit: string) => ({
    environment: "kv",
    repository: "r",
    branch: "main",
    commit: commit.repeat(40),
    treeHash: "t",
    at: "2026-01-01T00:00:00.000Z",
  });

  it("writes with compare-and-set, lists and watches", async () => {
    const bucket = await bus.bucket(watchCursorsBucket);
    expect(await bucket.get("kv")).toBeUndefined();
    const first = await bucket.compareAndSet("kv", cursor("a"), 0);
    expect(first).toBeGreaterThan(0);
    expect(await bucket.compareAndSet("kv", cursor("b"), 0)).toBeUndefined();
    expect(await bucket.compareAndSet("kv", cursor("b"), first ?? 0)).toBeGreaterThan(first ?? 0);
    expect((await bucket.list(">")).map(({ value }) => value.commit[0])).toEqual(["b"]);

    const stopping = new AbortController();
    const seen: string[] = [];
    const watching = (async () => {
      for await (const { value } of bucket.watch("kv", stopping.signal))
        seen.push(value?.commit[0] ?? "-");
    })();
    await eventually("the present entry", () => seen.length === 1);
    await bucket.put("kv", cursor("c"));
    await bucket.delete("kv");
    await eventually("both changes", () => seen.length === 3);
    expect(seen).toEqual(["b", "c", "-"]);
    stopping.abort();
    await watching;
    expect(await bucket.get("kv")).toBeUndefined();
  });

  it("takes what was deleted, or is no entry, for absent", async () => {
    const bucket = await bus.bucket(watchCursorsBucket);
    await bucket.put("gone", cursor("a"));
    await bucket.delete("gone");
    expect(await bucket.get("gone")).toBeUndefined();
    expect(await bucket.compareAndSet("gone", cursor("b"), 0)).toBeGreaterThan(0);

    const stranger = await connect({ servers: nats.url });
    const foreign = await new Kvm(stranger).open("watch-cursors");
    await foreign.put("foreign", "no JSON");
    await stranger.close();
    expect(await bucket.get("foreign")).toBeUndefined();
    expect(await bucket.compareAndSet("foreign", cursor("b"), 0)).toBeGreaterThan(0);
    expect(await bucket.compareAndSet("foreign", cursor("c"), 0)).toBeUndefined();
  });
});

describe("listing a bucket", () => {
  it("ends although its entries are replaced all the while", async () => {
    const bucket = await bus.bucket(watchCursorsBucket);
    const entry = {
      environment: "busy",
      repository: "r",
      branch: "main",
      commit: "a".repeat(40),
      treeHash: "t",
      at: "2026-01-01T00:00:00.000Z",
    };
    let writing = true;
    const writer = (async () => {
      while (writing) await bucket.put("busy", entry);
    })();
    for (let round = 0; round < 200; round++) {
      expect((await bucket.list("busy")).length).toBeLessThanOrEqual(1);
    }
    writing = false;
    await writer;
  });
});

describe("objects", () => {
  it("are named by their content and stored once", async () => {
    const bundles = await bus.objects("bundles");
    const digest = await bundles.put("content");
    expect(await bundles.put("content")).toBe(digest);
    expect(await bundles.get(digest)).toBe("content");
    await expect(bundles.get("0".repeat(64))).rejects.toMatchObject({ code: "object-missing" });
    expect(await bundles.has(digest)).toBe(true);
    expect(await bundles.has("0".repeat(64))).toBe(false);
  });

  it.each([0, 3, 200_000])("of %i bytes are what other clients read as well", async (bytes) => {
    const text = "é".repeat(bytes / 2);
    const digest = await (await bus.objects("bundles")).put(text);
    const connection = await connect({ servers: nats.url });
    const store = await new Objm(connection).open("bundles");
    const found = await store.getBlob(digest);
    await connection.close();
    expect(new TextDecoder().decode(found ?? undefined)).toBe(text);
  });

  it("are stored again when only their entry is left, as after a put that ran out of time", async () => {
    const bundles = await bus.objects("bundles");
    const digest = await bundles.put("lost");
    const connection = await connect({ servers: nats.url });
    const manager = await jetstreamManager(connection);
    const { streams } = manager;
    const { state } = await streams.info("OBJ_bundles", { subjects_filter: "$O.bundles.C.>" });
    for (const filter of Object.keys(state.subjects ?? {})) {
      await streams.purge("OBJ_bundles", { filter });
    }
    await connection.close();
    expect(await bundles.has(digest)).toBe(false);
    await expect(bundles.get(digest)).rejects.toMatchObject({ code: "object-missing" });
    expect(await bundles.put("lost")).toBe(digest);
    expect(await bundles.get(digest)).toBe("lost");
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
