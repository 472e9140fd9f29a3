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
const PATIENCE = { claimMs: 1_500, ackWaitMs: 1_500, retry: { baseMs: 20, maxMs: 200 } };
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

/** An approvals process; only once it follows the events is anything published. */
async function startApprovals(channels: object[], patience = PATIENCE) {
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
    patience,
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
  await eventually("the consumer is there", async () => {
    await manager.consumers.info("HONUA", NOTIFICATIONS_CONSUMER);
    return true;
  });
  await connection.close();
  return one;
}

const about = (id: string, state: Deployment["state"]) => {
  deployments.set(id, { ...waiting, id, state });
  return { deploymentId: id, commit: waiting.commit.id, state, version: 4 };
};

const askForApproval = (id: string) =>
  state.publish(deployApprovalRequested, {
    environment: "production",
    data: {
      ...about(id, "AwaitingApproval"),
      planDigest: DIGEST,
      riskLevel: "Critical",
      expiresAt: "2026-03-02T09:00:00.000Z",
    },
  });

const fail = (id: string) =>
  state.publish(deployFailed, {
    environment: "production",
    data: { ...about(id, "Failed"), reason: "PrepareFailed", errorMessage: "no table" },
  });

const sentTo = (name: string) =>
  server.received.filter(({ path }) => path.endsWith(`secret-of-${name}`));
const tellsOf = (id: string) => (request: { text: string }) => request.text.includes(id);

test("each state of a deployment is told once to each channel, whatever comes twice", async () => {
  const channels = [slack("ops"), slack("dev", { Events: "Failed" })];
  await startApprovals(channels);
  await startApprovals(channels);
  const ids = Array.from({ length: 20 }, (_, n) => `production-${n}`);
  await Promise.all(ids.map(askForApproval));
  // The same once more, under other message ids: as after a broker that lost its memory.
  await Promise.all(ids.map(askForApproval));
  await Promise.all(ids.map(fail));
  await fail("production-last");
  await eventually("the last one was told", () => {
    const told = (name: string) => sentTo(name).some(tellsOf("production-last"));
    return told("ops") && told("dev") && sentTo("ops").length >= 41;
  });
  expect(sentTo("ops")).toHaveLength(41);
  expect(sentTo("dev")).toHaveLength(21);
});

test("a restart neither repeats nor forgets", async () => {
  let open = false;
  server.answer = () => (open ? undefined : { status: 503 });
  const first = await startApprovals([slack("ops")]);
  await askForApproval("production-1");
  await eventually("it was tried", () => sentTo("ops").length > 0);
  await first.stop();
  running = [];
  open = true;
  await startApprovals([slack("ops")]);
  const told = () => sentTo("ops").filter(tellsOf("production-1")).length;
  const tried = told();
  await eventually("it was told", () => told() > tried || undefined);
  await askForApproval("production-1");
  await askForApproval("production-2");
  await eventually("the next one was told", () => sentTo("ops").some(tellsOf("production-2")));
  expect(told()).toBe(tried + 1);
});

test("what a process that vanished had begun is taken over by another", async () => {
  server.answer = () => ({ status: 503 });
  const first = await startApprovals([slack("ops")], {
    ...PATIENCE,
    retry: { baseMs: 600_000, maxMs: 600_000 },
  });
  await askForApproval("production-1");
  await eventually("it was tried", () => sentTo("ops").length === 1);
  // Its connection is gone: it can neither keep its claim nor give it back.
  running = [];
  await first.bus.close();
  server.answer = () => undefined;
  await startApprovals([slack("ops")]);
  await eventually("the other one told it", () => sentTo("ops").length === 2);
  await first.http.stop().catch((error: Error) => expect(error.message).toContain("closed"));
});

test("a channel that fails delays no other, shows in health, and its secret nowhere", async () => {
  server.answer = ({ path }) => (path.endsWith("broken") ? { status: 503, body: path } : undefined);
  const { http } = await startApprovals([slack("broken"), slack("ops")]);
  for (let n = 0; n < 30; n += 1) await askForApproval(`production-${n}`);
  await eventually("all were told to the other", () => sentTo("ops").length === 30);
  const ready = await fetch(`http://127.0.0.1:${http.port()}/health/ready`);
  const health = await ready.text();
  expect(ready.status).toBe(200);
  expect(JSON.parse(health)).toMatchObject({
    status: "Healthy",
    checks: {
      notifications: {
        status: "Degraded",
        reason: expect.stringMatching(/^broken: 127\.0\.0\.1:\d+ answered 503.*\(30 waiting\)$/),
      },
    },
  });
  const status = await state.call(approvalsStatus, {});
  expect(status.channels).toMatchObject([
    { name: "broken", type: "slack", status: "Degraded", waiting: 30, lastSentAt: null },
    { name: "ops", status: "Healthy", waiting: 0, reason: null },
  ]);
  expect(health + JSON.stringify(status)).not.toContain("secret-of");
  server.answer = () => undefined;
  await eventually(
    "it caught up",
    () => new Set(sentTo("broken").map(({ text }) => text)).size === 30,
  );
  await eventually("it is well again", async () => {
    const { channels } = await state.call(approvalsStatus, {});
    return channels[0]?.status === "Healthy" && channels[0].waiting === 0;
  });
});

test("a message that is refused for good is given up, and the next one is sent", async () => {
  server.answer = ({ text }) => (text.includes("production-1") ? { status: 400 } : undefined);
  await startApprovals([slack("ops")]);
  await askForApproval("production-1");
  await askForApproval("production-2");
  await eventually("the next one was told", () => sentTo("ops").some(tellsOf("production-2")));
  expect(sentTo("ops").filter(tellsOf("production-1"))).toHaveLength(1);
});

test("only what a channel asked for is told to it, of its environments only", async () => {
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
  await eventually("both were told", () => sentTo("ops").length + sentTo("pauses").length === 2);
  expect(sentTo("staging")).toHaveLength(0);
  expect(sentTo("pauses")[0]?.json.text).toContain("production was paused: the database moves");
});

test("a commit status that was overtaken is not set any more", async () => {
  let open = false;
  server.answer = () => (open ? undefined : { status: 503 });
  await startApprovals([
    { Name: "status", Type: "github", ApiUrl: server.url, Repository: "a/b", Token: "t" },
  ]);
  await askForApproval("production-1");
  await eventually("it was tried", () => server.received.length > 0);
  await state.publish(deployCompleted, {
    environment: "production",
    data: { ...about("production-1", "Completed"), release: "c".repeat(64), durationMs: 5 },
  });
  const isPresentTried = () => server.received.some(({ json }) => json.state === "success");
  await eventually("the present one was tried", isPresentTried);
  open = true;
  server.received.length = 0;
  await eventually("the present one was set", isPresentTried);
  expect(server.received.map(({ json }) => json.state)).toEqual(["success"]);
});
