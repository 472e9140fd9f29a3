import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  BUS_ADMINISTRATOR,
  environmentPaused,
  getDeployment,
  inboxPrefix,
  NOTIFICATIONS_CONSUMER,
  natsConfiguration,
  notificationsBucket,
  passwordVariable,
  SERVICE_NAMES,
  type ServiceName,
  watchCursorsBucket,
} from "@honua/contracts";
import { eventually } from "@honua/testing/eventually";
import { freePort } from "@honua/testing/free-port";
import { connect, errors, type NatsConnection } from "nats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectBus, createLog, PermanentError } from "../../src/index.ts";

/** Tests the generated users and permissions on a real server. */
const log = createLog({ service: "test", instance: "test", level: "silent", pretty: false });
let directory = "";
let url = "";
let stop = async () => {};

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "honua-access-"));
  const users = [BUS_ADMINISTRATOR, ...SERVICE_NAMES];
  const passwords = users.map((user) => `${passwordVariable(user)}: "of ${user}"`);
  await writeFile(join(directory, "passwords.conf"), passwords.join("\n"));
  await writeFile(join(directory, "server.conf"), natsConfiguration("passwords.conf"));
  const port = await freePort();
  url = `nats://127.0.0.1:${port}`;
  const options = ["-a", "127.0.0.1", "-p", String(port), "-js", "-sd", directory];
  const server = spawn("nats-server", [...options, "-c", join(directory, "server.conf")], {
    stdio: "ignore",
  });
  stop = async () => {
    server.kill();
    await once(server, "exit");
  };
  await eventually("nats-server answers", async () => {
    await (await connectAs(BUS_ADMINISTRATOR)).close();
    return true;
  });
  await (await busAs(BUS_ADMINISTRATOR, "declare")).close();
});
afterAll(async () => {
  await stop();
  await rm(directory, { recursive: true, force: true });
});

const busAs = (user: string, topology: "declare" | "expect" = "expect") =>
  connectBus({
    url,
    credentials: { user, pass: `of ${user}` },
    topology,
    service: user,
    instance: "test",
    log,
    onClosed: () => {},
  });

const connectAs = (user: string): Promise<NatsConnection> =>
  connect({
    servers: url,
    user,
    pass: `of ${user}`,
    inboxPrefix: inboxPrefix(user),
    maxReconnectAttempts: 0,
  });

/** The text with which the server refuses a publication, or undefined. */
async function refusalOf(user: ServiceName, subject: string, payload = "{}") {
  const connection = await connectAs(user);
  const refusals = (async () => {
    for await (const status of connection.status()) {
      if (status.type === "error" && status.error instanceof errors.PermissionViolationError) {
        return status.error.message;
      }
    }
    return undefined;
  })();
  connection.publish(subject, payload);
  await connection.flush();
  await connection.close();
  return refusals;
}

describe("bus permissions", () => {
  it.each([
    ["watcher", "honua.production.deploy.approved", "a forged approval"],
    ["gis-gateway", "honua.production.deploy.approved", "a forged approval"],
    ["approvals", "honua.production.deploy.approved", "a forged approval"],
    ["reconciler", "honua.production.deploy.approved", "a forged approval"],
    ["approvals", "honua.production.commit.detected", "a forged commit"],
    ["watcher", "lane.production.deploy.approved", "a forged approval"],
    ["reconciler", "lane.production.commit.detected", "a forged commit"],
    ["approvals", "lane.production.environment.resync", "asking for work"],
    ["state", "$JS.API.STREAM.PURGE.HONUA_LANES", "emptying the lanes"],
    ["state", "$JS.API.STREAM.DELETE.HONUA", "deleting the stream"],
    ["reconciler", "$JS.API.STREAM.DELETE.HONUA", "deleting the stream"],
    ["reconciler", "$JS.API.STREAM.PURGE.HONUA", "emptying the stream"],
    ["watcher", "$JS.API.STREAM.UPDATE.HONUA", "changing the stream"],
    ["gis-gateway", "$KV.desired.production", "saying what is to be served"],
    ["watcher", "$KV.desired.production", "saying what is to be served"],
    ["watcher", "rpc.state.transition", "moving a deployment on"],
    ["gis-gateway", "rpc.state.record-decision", "deciding"],
    ["gis-gateway", "$O.releases.C.forged", "putting a release there"],
    ["approvals", "$JS.API.CONSUMER.CREATE.HONUA.x", "reading every event"],
    ["approvals", "$JS.API.STREAM.MSG.GET.HONUA", "reading an event"],
    ["approvals", "$KV.desired.production", "saying what is to be served"],
    [
      "watcher",
      "$JS.API.CONSUMER.MSG.NEXT.HONUA_LANES.reconciler-production",
      "taking from a lane",
    ],
    [
      "watcher",
      "$JS.ACK.HONUA_LANES.reconciler-production.1.1.1.1.0",
      "acknowledging another's message",
    ],
    [
      "state",
      "$JS.ACK.HONUA_LANES.reconciler-production.1.1.1.1.0",
      "acknowledging another's message",
    ],
    ["reconciler", "$JS.API.CONSUMER.DELETE.HONUA_LANES.reconciler-production", "removing a lane"],
    ["gis-gateway", "$JS.API.STREAM.MSG.DELETE.KV_desired", "removing what is to be served"],
    ["watcher", "$JS.API.STREAM.DELETE.OBJ_bundles", "deleting a store"],
    ["watcher", "_INBOX_state.x.1", "answering in another's place, unasked"],
    ["approvals", "$JS.API.CONSUMER.CREATE.HONUA_LANES.reconciler-production", "changing a lane"],
    ["approvals", "$JS.API.CONSUMER.MSG.NEXT.HONUA_LANES.reconciler-production", "emptying a lane"],
    ["watcher", "$KV.notifications.ops.x", "keeping a notification from being sent"],
  ] as const)("from %s: %s (%s)", async (user, subject, _what) => {
    expect(await refusalOf(user, subject)).toContain(subject);
  });

  it("allow approvals everything that notifications need", async () => {
    const approvals = await busAs("approvals");
    const state = await busAs("state");
    const heard = new Promise<string>((resolve) => {
      approvals.follow({
        name: NOTIFICATIONS_CONSUMER,
        handle: async ({ type }) => resolve(type),
      });
    });
    const administrator = await connectAs(BUS_ADMINISTRATOR);
    await eventually("the consumer was made", async () => {
      const subject = `$JS.API.CONSUMER.INFO.HONUA.${NOTIFICATIONS_CONSUMER}`;
      return "config" in (await administrator.request(subject)).json<object>();
    });
    await administrator.close();
    const data = { pausedBy: "user:ana", reason: "the database moves" };
    await state.publish(environmentPaused, { environment: "production", data });
    expect(await heard).toBe(environmentPaused.type);
    const deliveries = await approvals.bucket(notificationsBucket);
    const record = { status: "sent" as const, by: "test", at: "2026-03-01T09:00:00.000Z" };
    expect(await deliveries.compareAndSet("ops.x", record, 0)).toBeDefined();
    expect(await deliveries.compareAndSet("ops.x", record, 0)).toBeUndefined();
    await Promise.all([approvals.close(), state.close()]);
  });

  it.each([
    ["watcher", `${inboxPrefix("state")}.>`],
    ["gis-gateway", "_INBOX.>"],
    ["approvals", "rpc.state.record-decision"],
    ["watcher", "honua.>"],
    ["watcher", "_INBOX_x.>"],
    ["state", `${inboxPrefix("approvals")}.>`],
    ["gis-gateway", ">"],
    ["reconciler", "$JS.API.>"],
    ["approvals", "$KV.desired.>"],
  ] as const)("%s listening on %s", async (user, subject) => {
    const connection = await connectAs(user);
    const refused = new Promise<Error>((resolve) => {
      connection.subscribe(subject, {
        callback: (error) => {
          if (error) resolve(error);
        },
      });
    });
    expect((await refused).message).toContain("Permissions Violation");
    await connection.close();
  });

  it("refuses a call that a consumer delivers instead of a permitted service", async () => {
    const state = await busAs("state");
    const requestedIds: string[] = [];
    const stop = state.serve(getDeployment, async ({ deploymentId }) => {
      requestedIds.push(deploymentId);
      throw new PermanentError("not-found", "there is none");
    });
    const watcher = await connectAs("watcher");
    const forged = JSON.stringify({ deploymentId: "forged" });
    await watcher.request(`$KV.${watchCursorsBucket.name}.forged`, forged);
    const consumer = {
      deliver_subject: "rpc.state.get-deployment",
      deliver_group: "state",
      ack_policy: "none",
    };
    const create = `$JS.API.CONSUMER.CREATE.KV_${watchCursorsBucket.name}`;
    const made = await watcher.request(
      create,
      JSON.stringify({ stream_name: `KV_${watchCursorsBucket.name}`, config: consumer }),
    );
    // The server allows this: a client that may read a stream chooses the delivery subject.
    expect(made.json()).not.toHaveProperty("error");
    const approvals = await busAs("approvals");
    const answer = approvals.call(getDeployment, { deploymentId: "asked" });
    await expect(answer).rejects.toMatchObject({ code: "not-found" });
    expect(requestedIds).toEqual(["asked"]);
    await Promise.all([stop(), watcher.close(), approvals.close()]);
    await state.close();
  });

  it("reports missing streams to a service that must not create them", async () => {
    const administrator = await connectAs(BUS_ADMINISTRATOR);
    const reply = await administrator.request("$JS.API.STREAM.DELETE.HONUA");
    expect(reply.json()).toMatchObject({ success: true });
    await administrator.close();
    await expect(busAs("state")).rejects.toMatchObject({
      code: "streams-missing",
      message: expect.stringContaining("honua bus setup"),
    });
    await (await busAs(BUS_ADMINISTRATOR, "declare")).close();
    await (await busAs("state")).close();
  });
});
