import { randomUUID } from "node:crypto";
import {
  approvalsStatus,
  type Deployment,
  deployApprovalRequested,
  deployCompleted,
  deployFailed,
  environmentPaused,
  getDeployment,
  NOTIFICATIONS_CONSUMER,
} from "@honua/contracts";
import { type Bus, connectBus, createLog, type HttpService } from "@honua/service-kit";
import { eventually } from "@honua/testing/eventually";
import { type RunningNats, startNats } from "@honua/testing/nats";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "nats";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createApprovalsService } from "../../src/service.ts";
import { approvalsSettings } from "../../src/settings.ts";
import { DIGEST, waiting } from "../waiting-deployment.ts";
import { type LoopbackServer, startLoopbackServer } from "./loopback-server.ts";

const log = createLog({ service: "test", instance: "test", level: "silent" });
const TIMEOUTS = { claimMs: 1_500, ackWaitMs: 1_500, retry: { baseMs: 20, maxMs: 200 } };
let nats: RunningNats;
let state: Bus;
let server: LoopbackServer;
let running: { http: HttpService; bus: Bus; stop: () => Promise<void> }[] = [];
let deployments: Map<string, Deployment>;

beforeEach(async () => {
  nats = await startNats();
  server = await startLoopbackServer();
  deployments = new Map();
  state = await join("state");
  state.serve(getDeployment, async ({ deploymentId }) => deployments.get(deploymentId) ?? waiting);
});
afterEach(async () => {
  await Promise.all(running.map(({ stop }) => stop()));
  running = [];
  await state.close();
  await server.stop();
  await nats.stop();
});

const join = (service: string) =>
  connectBus({ url: nats.url, service, instance: randomUUID(), log, onClosed: () => undefined });

const slack = (name: string, over: object = {}) => ({
  Name: name,
  Type: "slack",
  Url: `${server.url}/services/secret-of-${name}`,
  ...over,
});

/** Starts an approvals process and waits until its consumer exists. */
async function startApprovals(channels: object[], timeouts = TIMEOUTS) {
  const settings = approvalsSettings.parse({
    PORT: 0,
    HOST: "127.0.0.1",
    GitOps: { Notifications: channels },
  });
  const bus = await join("approvals");
  const instance = randomUUID();
  const http = createApprovalsService({
    settings,
    instance,
    log,
    connectBus: async () => bus,
    timeouts,
  });
  await http.start();
  const one = {
    http,
    bus,
    async stop() {
      await http.stop();
      await bus.close();
    },
  };
  running.push(one);
  const connection = await connect({ servers: nats.url });
  const manager = await jetstreamManager(connection);
  await eventually("the consumer exists", async () => {
    await manager.consumers.info("HONUA", NOTIFICATIONS_CONSUMER);
    return true;
  });
  await connection.close();
  return one;
}

const deploymentData = (id: string, state: Deployment["state"]) => {
  deployments.set(id, { ...waiting, id, state });
  return { deploymentId: id, commit: waiting.commit.id, state, version: 4 };
};

const requestApproval = (id: string) =>
  state.publish(deployApprovalRequested, {
    environment: "production",
    data: {
      ...deploymentData(id, "AwaitingApproval"),
      planDigest: DIGEST,
      riskLevel: "Critical",
      expiresAt: "2026-03-02T09:00:00.000Z",
    },
  });

const fail = (id: string) =>
  state.publish(deployFailed, {
    environment: "production",
    data: { ...deploymentData(id, "Failed"), reason: "PrepareFailed", errorMessage: "no table" },
  });

const sentTo = (name: string) =>
  server.received.filter(({ path }) => path.endsWith(`secret-of-${name}`));
const mentions = (id: string) => (request: { text: string }) => request.text.includes(id);

test("notifies each channel of each state once, even if events are repeated", async () => {
  const channels = [slack("ops"), slack("dev", { Events: "Failed" })];
  await startApprovals(channels);
  await startApprovals(channels);
  const ids = Array.from({ length: 20 }, (_, n) => `production-${n}`);
  await Promise.all(ids.map(requestApproval));
  // The same events with new message ids, as after the broker has lost its deduplication state.
  await Promise.all(ids.map(requestApproval));
  await Promise.all(ids.map(fail));
  await fail("production-last");
  await eventually("the last notification was sent", () => {
    const isSent = (name: string) => sentTo(name).some(mentions("production-last"));
    return isSent("ops") && isSent("dev") && sentTo("ops").length >= 41;
  });
  expect(sentTo("ops")).toHaveLength(41);
  expect(sentTo("dev")).toHaveLength(21);
});

test("neither repeats nor loses a notification after a restart", async () => {
  let open = false;
  server.respond = () => (open ? undefined : { status: 503 });
  const first = await startApprovals([slack("ops")]);
  await requestApproval("production-1");
  await eventually("an attempt was made", () => sentTo("ops").length > 0);
  await first.stop();
  running = [];
  open = true;
  await startApprovals([slack("ops")]);
  const sent = () => sentTo("ops").filter(mentions("production-1")).length;
  const before = sent();
  await eventually("it was sent", () => sent() > before || undefined);
  await requestApproval("production-1");
  await requestApproval("production-2");
  await eventually("the next notification was sent", () =>
    sentTo("ops").some(mentions("production-2")),
  );
  expect(sent()).toBe(before + 1);
});

test("another process takes over the notification of a process that disappeared", async () => {
  server.respond = () => ({ status: 503 });
  const first = await startApprovals([slack("ops")], {
    ...TIMEOUTS,
    retry: { baseMs: 600_000, maxMs: 600_000 },
  });
  await requestApproval("production-1");
  await eventually("an attempt was made", () => sentTo("ops").length === 1);
  // Without a connection it can neither renew nor release its claim.
  running = [];
  await first.bus.close();
  server.respond = () => undefined;
  await startApprovals([slack("ops")]);
  await eventually("the other process sent it", () => sentTo("ops").length === 2);
  await first.http.stop().catch((error: Error) => expect(error.message).toContain("closed"));
});

test("a failing channel delays no other, degrades readiness and never shows its secret", async () => {
  server.respond = ({ path }) =>
    path.endsWith("broken") ? { status: 503, body: path } : undefined;
  const { http } = await startApprovals([slack("broken"), slack("ops")]);
  for (let n = 0; n < 30; n += 1) await requestApproval(`production-${n}`);
  await eventually("the other channel has sent all", () => sentTo("ops").length === 30);
  const ready = await fetch(`http://127.0.0.1:${http.port()}/health/ready`);
  const health = await ready.text();
  expect(ready.status).toBe(200);
  expect(JSON.parse(health)).toMatchObject({
    status: "Healthy",
    checks: {
      notifications: {
        status: "Degraded",
        reason: expect.stringMatching(
          /^broken: 127\.0\.0\.1:\d+ responded with status 503.*\(30 waiting\)$/,
        ),
      },
    },
  });
  const status = await state.call(approvalsStatus, {});
  expect(status.channels).toMatchObject([
    { name: "broken", type: "slack", status: "Degraded", waiting: 30, lastSentAt: null },
    { name: "ops", status: "Healthy", waiting: 0, reason: null },
  ]);
  expect(health + JSON.stringify(status)).not.toContain("secret-of");
  server.respond = () => undefined;
  await eventually(
    "it caught up",
    () => new Set(sentTo("broken").map(({ text }) => text)).size === 30,
  );
  await eventually("the channel is healthy again", async () => {
    const { channels } = await state.call(approvalsStatus, {});
    return channels[0]?.status === "Healthy" && channels[0].waiting === 0;
  });
});

test("gives up a permanently refused notification and sends the next one", async () => {
  server.respond = ({ text }) => (text.includes("production-1") ? { status: 400 } : undefined);
  await startApprovals([slack("ops")]);
  await requestApproval("production-1");
  await requestApproval("production-2");
  await eventually("the next notification was sent", () =>
    sentTo("ops").some(mentions("production-2")),
  );
  expect(sentTo("ops").filter(mentions("production-1"))).toHaveLength(1);
});

test("sends a channel only its events and its environments", async () => {
  await startApprovals([
    slack("staging", { Environments: ["staging"] }),
    slack("pauses", { Events: ["Paused"] }),
    slack("ops"),
  ]);
  await state.publish(environmentPaused, {
    environment: "production",
    data: { pausedBy: "user:ana@example.com", reason: "the database moves" },
  });
  await fail("production-1");
  await eventually(
    "both notifications were sent",
    () => sentTo("ops").length + sentTo("pauses").length === 2,
  );
  expect(sentTo("staging")).toHaveLength(0);
  expect(sentTo("pauses")[0]?.json.text).toContain("production was paused: the database moves");
});

test("does not set a superseded commit status", async () => {
  let open = false;
  server.respond = () => (open ? undefined : { status: 503 });
  await startApprovals([
    { Name: "status", Type: "github", ApiUrl: server.url, Repository: "a/b", Token: "t" },
  ]);
  await requestApproval("production-1");
  await eventually("an attempt was made", () => server.received.length > 0);
  await state.publish(deployCompleted, {
    environment: "production",
    data: {
      ...deploymentData("production-1", "Completed"),
      release: "c".repeat(64),
      durationMs: 5,
    },
  });
  const isCurrentSet = () => server.received.some(({ json }) => json.state === "success");
  await eventually("the current status was tried", isCurrentSet);
  open = true;
  server.received.length = 0;
  await eventually("the current status was set", isCurrentSet);
  expect(server.received.map(({ json }) => json.state)).toEqual(["success"]);
});
