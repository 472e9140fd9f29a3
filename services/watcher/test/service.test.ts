import { createHmac } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Bus, createLog, readConfiguration, type Service } from "@honua/service-kit";
import { eventually } from "@honua/testing/eventually";
import { freePort } from "@honua/testing/free-port";
import { type RunningNats, startNats } from "@honua/testing/nats";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createWatcherService } from "../src/service.ts";
import { watcherSettings } from "../src/settings.ts";
import { createGitRemote, type GitRemote } from "./fixtures/git-remote.ts";
import { collectDetections, createFakeState, openBus } from "./fixtures/running-watcher.ts";

let nats: RunningNats;
let bus: Bus;
let remote: GitRemote;
let home: string;
let root: string;
let service: Service;
let connect: () => void;

beforeEach(async () => {
  nats = await startNats();
  bus = await openBus(nats.url);
  remote = createGitRemote();
  home = await mkdtemp(join(tmpdir(), "honua-home-"));
  const port = await freePort();
  root = `http://127.0.0.1:${port}`;
  const connected = new Promise<void>((resolve) => {
    connect = resolve;
  });
  service = createWatcherService({
    settings: readConfiguration(watcherSettings, {
      HOST: "127.0.0.1",
      PORT: String(port),
      HONUA_HOME: home,
      GitOps__RepositoryUrl: remote.url,
      GitOps__AllowFileUrls: "true",
      GitOps__Watcher__Environment: "production",
      GitOps__Watcher__PollIntervalSeconds: "3600",
      GitOps__Webhooks__Generic__Secret: "a secret of some length",
    }),
    log: createLog({ service: "watcher", instance: "test", level: "silent" }),
    connectBus: async () => {
      await connected;
      return openBus(nats.url);
    },
    surroundings: { PATH: process.env.PATH },
    metrics: async () => {},
  });
});

afterEach(async () => {
  await service.stop();
  await bus.close();
  await nats.stop();
  remote.delete();
  await rm(home, { recursive: true });
});

const readiness = async () => {
  const response = await fetch(`${root}/health/ready`);
  return { status: response.status, checks: ((await response.json()) as ReadyBody).checks };
};
type ReadyBody = { checks: Record<string, { status: string; reason?: string }> };

const sentAt = String(Math.floor(Date.now() / 1_000));

function deliver(body: string, signature: string) {
  const headers = { "X-Honua-Timestamp": sentAt, "X-Honua-Signature-256": signature };
  return fetch(`${root}/api/gitops/webhook/generic`, { method: "POST", body, headers });
}

const sign = (body: string, secret = "a secret of some length") =>
  `sha256=${createHmac("sha256", secret).update(`${sentAt}.${body}`).digest("hex")}`;

test("readiness reports missing dependencies, and a signed webhook starts a poll", async () => {
  remote.write("environments/production/metadata.json", "{}");
  remote.push("one");
  const state = createFakeState(bus);
  const production = collectDetections(bus, "production");
  const started = service.start();

  await eventually("no bus yet", async () => (await readiness()).status === 503);
  expect((await readiness()).checks.MessageBus?.status).toBe("Unhealthy");
  connect();
  await started;
  await eventually("no state yet", async () =>
    (await readiness()).checks.GitRepository?.reason?.includes("state service does not respond"),
  );
  state.start();
  await eventually("ready", async () => (await readiness()).status === 200);

  const sources = await fetch(`${root}/health/sources`);
  expect(await sources.json()).toMatchObject({
    sources: [{ environment: "production", status: "Healthy", code: null }],
  });

  remote.write("environments/production/metadata.json", '{ "v": 2 }');
  const commit = remote.push("two");
  const body = '{"anything":true}';
  expect((await deliver(body, sign(body, "another secret"))).status).toBe(401);
  expect((await deliver(`${body} `, sign(body))).status).toBe(401);
  expect((await deliver(body, "")).status).toBe(401);
  expect(production.detections).toHaveLength(1);
  expect((await deliver(body, sign(body))).status).toBe(202);
  const detected = await eventually("the published commit", () => production.detections[1]);
  expect(detected).toMatchObject({ commit: { id: commit }, detectedBy: "webhook" });
  await production.stop();
  await state.stop();
});
