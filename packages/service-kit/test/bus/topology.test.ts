import { allBuckets, EVERY_EVENT, objectStores, watchCursorsBucket } from "@honua/contracts";
import { type RunningNats, startNats } from "@honua/testing/nats";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection, type Subscription } from "nats";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { declareTopology } from "../../src/bus/topology.ts";
import { PermanentError } from "../../src/index.ts";

let nats: RunningNats;
let connection: NatsConnection;
beforeEach(async () => {
  nats = await startNats();
  connection = await connect({ servers: nats.url });
});
afterEach(async () => {
  await connection.close();
  await nats.stop();
});

/** nats-server logs each request. */
async function refusal(advisories: Subscription) {
  for await (const { data } of advisories) {
    if (new TextDecoder().decode(data).includes("subjects overlap")) return;
  }
}

describe("subjects of another stream", () => {
  it.each([
    ["a stream", EVERY_EVENT],
    ["a bucket", `$KV.${watchCursorsBucket.name}.>`],
    ["an object store", "$O.releases.>"],
  ])("can be declared after the other stream is deleted: %s", async (_, subject) => {
    const manager = await jetstreamManager(connection);
    await manager.streams.add({ name: "first", subjects: [subject] });
    const refused = refusal(connection.subscribe("$JS.EVENT.ADVISORY.API"));
    const declared = declareTopology(connection, manager);
    await refused;
    await manager.streams.delete("first");
    await declared;
    const { streams } = await manager.getAccountInfo();
    expect(streams).toBe(2 + allBuckets.length + objectStores.length);
  });

  it("are reported with a remedy if they stay taken", async () => {
    const manager = await jetstreamManager(connection);
    await manager.streams.add({ name: "theirs", subjects: [EVERY_EVENT] });
    const error = await declareTopology(connection, manager).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(PermanentError);
    expect(error).toMatchObject({
      code: "subjects-taken",
      message: expect.stringContaining("nats stream ls --subjects"),
    });
  });
});
