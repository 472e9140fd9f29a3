import { getDeployment, listEnvironments, watchCursorsBucket } from "@honua/contracts";
import { eventually } from "@honua/testing/eventually";
import { type RunningNats, startNats } from "@honua/testing/nats";
import { jetstreamManager } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { Objm } from "@nats-io/obj";
import { connect } from "nats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Bus,
  connectBus,
  createLog,
  PermanentError,
  TransientError,
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

  it("throws a transient error if no process serves it", async () => {
    const error = await bus.call(listEnvironments, {}).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(TransientError);
    expect(error).toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("no process serves it"),
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

  it("supports compare-and-set, list and watch", async () => {
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
    // The bucket keeps one revision per key, so a deletion may replace a change that is not delivered yet.
    await eventually("the change", () => seen.length === 2);
    await bucket.delete("kv");
    await eventually("the deletion", () => seen.length === 3);
    expect(seen).toEqual(["b", "c", "-"]);
    stopping.abort();
    await watching;
    expect(await bucket.get("kv")).toBeUndefined();
  });

  it("treats deleted and unparseable entries as absent", async () => {
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
  it("ends even if entries are replaced during the listing", async () => {
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
  it("are named by their digest and stored once", async () => {
    const bundles = await bus.objects("bundles");
    const digest = await bundles.put("content");
    expect(await bundles.put("content")).toBe(digest);
    expect(await bundles.get(digest)).toBe("content");
    await expect(bundles.get("0".repeat(64))).rejects.toMatchObject({ code: "object-missing" });
    expect(await bundles.has(digest)).toBe(true);
    expect(await bundles.has("0".repeat(64))).toBe(false);
  });

  it.each([0, 3, 200_000])("of %i bytes can be read by other NATS clients", async (bytes) => {
    const text = "é".repeat(bytes / 2);
    const digest = await (await bus.objects("bundles")).put(text);
    const connection = await connect({ servers: nats.url });
    const store = await new Objm(connection).open("bundles");
    const found = await store.getBlob(digest);
    await connection.close();
    expect(new TextDecoder().decode(found ?? undefined)).toBe(text);
  });

  it("are stored again if only their entry exists, as after a put that timed out", async () => {
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
