import { join } from "node:path";
import { type GitopsHealth, getGitopsHealth } from "@honua/contracts";
import { eventually } from "@honua/testing/eventually";
import { freePort } from "@honua/testing/free-port";
import { startNats } from "@honua/testing/nats";
import { type ServiceProcess, startServiceProcess } from "@honua/testing/service-process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createReleaseCopy } from "../../src/lifecycle/release-copy.ts";
import { connectTestBus, silent, startGateway, temporaryDirectory } from "../support/gateway.ts";
import { layerOf, releaseOf } from "../support/release.ts";

/** Address without a database. Reasons contain it. */
const DATABASE = "postgres://reader@127.0.0.1:9/hidden";
const RUNBOOK_COMPONENTS = ["GitWatcher", "GitRepository", "DeploymentStateStore"];

describe.each([1, 2])("a gateway with %i worker(s) and no database", (workers) => {
  let gateway: ServiceProcess;
  let port: number;
  let operationsPort: number;
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;

  beforeAll(async () => {
    directory = await temporaryDirectory();
    await createReleaseCopy(join(directory.path, "test"), "test", silent).save(
      releaseOf([layerOf("cities")]),
    );
    [port, operationsPort] = [await freePort(), await freePort()];
    gateway = startServiceProcess(
      "gis-gateway",
      {
        HOST: "0.0.0.0",
        PORT: String(port),
        OPERATIONS_PORT: String(operationsPort),
        NATS_URL: "nats://127.0.0.1:9",
        GitOps__Watcher__Environment: "test",
        GitOps__GatewayDirectory: directory.path,
        GIS: DATABASE,
      },
      ["--workers", String(workers)],
    );
    if (workers > 1) await gateway.says(`with ${workers} workers`, 60_000);
    await eventually(
      "the release of the last run is served",
      async () => (await read("/ogc/collections")).status === 200,
      60_000,
    );
  });
  afterAll(async () => {
    await gateway?.stop();
    await directory?.remove();
  });

  const read = (path: string, from = port, host = "127.0.0.1") =>
    fetch(`http://${host}:${from}${path}`, { headers: { connection: "close" } });
  const readOperations = (path: string) => read(path, operationsPort);

  it("serves no metrics on the public port", async () => {
    const response = await read("/metrics");
    expect(response.status).toBe(404);
    expect(await response.text()).not.toContain("http_server");
  });

  it("serves its readiness without reasons on the public port", async () => {
    const response = await read("/health/ready");
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ status: "Unhealthy" });
  });

  it("serves an unknown system health on the public port in the format of the runbook", async () => {
    const response = await read("/health/gitops");
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({
      status: "Unknown",
      components: Object.fromEntries(RUNBOOK_COMPONENTS.map((name) => [name, "Unknown"])),
      lastReconciliation: null,
      nextPoll: null,
    });
  });

  it("serves metrics and reasons on the operations port", async () => {
    const ready = await readOperations("/health/ready");
    expect(ready.status).toBe(503);
    const text = await ready.text();
    expect(text).toContain("Cannot connect to 127.0.0.1:9/hidden");
    for (let worker = 1; workers > 1 && worker <= workers; worker += 1) {
      expect(text).toContain(`worker ${worker}: database`);
    }
    expect(await (await readOperations("/metrics")).text()).toContain("http_server_request");
    expect((await readOperations("/health/live")).status).toBe(200);
    expect((await readOperations("/health/gitops")).status).toBe(503);
  });

  it("serves no collections on the operations port", async () => {
    expect((await readOperations("/ogc/collections")).status).toBe(404);
  });

  // Linux accepts every address of 127.0.0.0/8, but a listener on 127.0.0.1 has only that one.
  it.runIf(process.platform === "linux")("opens the operations port on loopback only", async () => {
    expect((await read("/health/live", port, "127.0.0.2")).status).toBe(200);
    await expect(read("/health/live", operationsPort, "127.0.0.2")).rejects.toThrow("fetch failed");
  });
});

it("serves the cached system health, with reasons on the operations port only", async () => {
  const nats = await startNats();
  const state = await connectTestBus(nats.url, "state");
  const reported: GitopsHealth = {
    status: "Degraded",
    components: {
      GitWatcher: "Healthy",
      GitRepository: "Degraded",
      DeploymentStateStore: "Healthy",
      Lanes: "Healthy",
    },
    reasons: { GitRepository: "production: git.internal refused the credential" },
    lastReconciliation: "2025-10-23T14:30:22.000Z",
    nextPoll: "2025-10-23T14:31:00.000Z",
  };
  let calls = 0;
  state.serve(getGitopsHealth, async () => {
    calls += 1;
    return reported;
  });
  const directory = await temporaryDirectory();
  const gateway = await startGateway({
    directory: directory.path,
    connectBus: () => connectTestBus(nats.url, "gateway-1"),
  });
  await eventually(
    "the state service has reported",
    async () => (await gateway.get("/health/gitops")).status === 200,
  );

  expect((await gateway.json("/health/gitops")).body).toEqual({
    status: "Degraded",
    components: {
      GitWatcher: "Healthy",
      GitRepository: "Degraded",
      DeploymentStateStore: "Healthy",
    },
    lastReconciliation: reported.lastReconciliation,
    nextPoll: reported.nextPoll,
  });
  expect((await gateway.operations.json("/health/gitops")).body).toEqual(reported);

  const before = calls;
  await Promise.all(Array.from({ length: 50 }, () => gateway.get("/health/gitops")));
  // At most the regular refresh happens in this time.
  expect(calls - before).toBeLessThanOrEqual(1);

  await gateway.stop();
  await state.close();
  await directory.remove();
  await nats.stop();
});
