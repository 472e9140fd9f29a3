import { eventually } from "@honua/testing/eventually";
import type { SystemUnderTest } from "@honua/testing/system-under-test";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addLayer, changeLayer, METADATA, placesLayer } from "./sample-layer.ts";

let stack: SystemUnderTest;

/** Tests each section of the runbook on a new system. The tests build on each other. */
export function testRunbook(start: () => Promise<SystemUnderTest>): void {
  beforeAll(async () => {
    stack = await start();
  }, 180_000);
  afterAll(() => stack?.remove());
  describe("the first deployment", testFirstDeployment);
  describe("a change of configuration", testConfigurationChange);
  describe("an invalid commit", testInvalidCommit);
  describe("a deployment that needs approval", testApproval);
  describe("a forced push", testRewrittenHistory);
  describe("sync", testSync);
}

async function fetchFeatures(
  collection: string,
  query = "limit=10",
): Promise<{ features: unknown[] }> {
  const { urls } = await stack.description();
  const response = await fetch(`${urls.gateway}/ogc/collections/${collection}/items?${query}`);
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  return (await response.json()) as { features: unknown[] };
}

/** Requests the cities repeatedly while `work` runs, and returns the errors. */
async function collectFailuresDuring(work: () => Promise<unknown>): Promise<string[]> {
  const failures: string[] = [];
  let reading = true;
  const reader = (async () => {
    while (reading)
      await fetchFeatures("cities").catch((error: unknown) => failures.push(String(error)));
  })();
  await work();
  reading = false;
  await reader;
  return failures;
}

function testFirstDeployment() {
  it("serves the sample layers with real features", async () => {
    expect(await stack.collections()).toEqual(["cities", "countries"]);
    expect((await fetchFeatures("cities")).features).toHaveLength(10);
    expect((await fetchFeatures("countries", "limit=3")).features).toHaveLength(3);
  });

  it("has the state document of the runbook", async () => {
    const commit = await stack.git("rev-parse", "HEAD");
    // Gateways serve a release shortly before its deployment completes.
    await stack.deploymentOf(commit, "Completed");
    expect(await stack.state()).toMatchObject({
      environment: "production",
      currentDeployment: {
        id: expect.stringMatching(new RegExp(`^production-\\d{8}-\\d{6}-${commit.slice(0, 7)}$`)),
        commit,
        branch: "main",
        state: "Completed",
        health: "Healthy",
        syncStatus: "Synced",
        initiatedBy: "GitWatcher",
      },
      deployedCommit: commit,
      health: "Healthy",
      syncStatus: "Synced",
    });
  });

  it("is shown by honua status", async () => {
    const { stdout, code } = await stack.honua("status", "production", "-o", "json");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ currentDeployment: { state: "Completed" } });
    expect((await stack.honua("status")).stdout).toMatch(/production\s+Healthy\s+Synced/);
    expect((await stack.honua("doctor")).code).toBe(0);
  });
}

function testConfigurationChange() {
  it("adds a layer without a restart and without a failed request", async () => {
    await stack.edit(METADATA, addLayer(placesLayer("towns")));
    const failures = await collectFailuresDuring(async () => {
      const commit = await stack.push("feat: Add towns");
      await stack.deploymentOf(commit, "Completed");
    });
    expect(failures).toEqual([]);
    expect(await stack.collections()).toEqual(["cities", "countries", "towns"]);
    expect((await fetchFeatures("towns", "limit=1")).features).toHaveLength(1);
  });

  it("modifies a layer", async () => {
    await stack.edit(
      METADATA,
      changeLayer("towns", (layer) => ({ ...layer, title: "Towns and villages" })),
    );
    await stack.deploymentOf(await stack.push("docs: Better title"), "Completed");
    const { urls } = await stack.description();
    const response = await fetch(`${urls.gateway}/ogc/collections/towns`);
    expect(await response.json()).toMatchObject({ title: "Towns and villages" });
  });

  it("removes a layer", async () => {
    await stack.edit(
      METADATA,
      changeLayer("towns", () => undefined),
    );
    await stack.deploymentOf(await stack.push("feat: Remove towns"), "Completed");
    expect(await stack.collections()).toEqual(["cities", "countries"]);
    const { urls } = await stack.description();
    expect((await fetch(`${urls.gateway}/ogc/collections/towns`)).status).toBe(404);
  });

  it("outside of the environment's files deploys nothing", async () => {
    const before = (await stack.state()).currentDeployment?.id;
    await stack.write("README.md", "# Changed\n");
    const commit = await stack.push("docs: Readme only");
    await eventually(
      "the watcher has seen the commit",
      async () => (await stack.state()).latestCommit === commit,
    );
    expect((await stack.state()).currentDeployment?.id).toBe(before);
  });
}

function testInvalidCommit() {
  const invalid: [string, (text: string) => string, RegExp][] = [
    [
      "JSON syntax",
      (text) => text.replace("{", "{,"),
      /Invalid JSON in configuration file environments\/production\/metadata\.json at line 1, column \d+/,
    ],
    [
      "an unknown key",
      (text) => text.replace('"geometryColumn"', '"geometryCol"'),
      /metadata\.json:\d+:\d+ \(\/services\/0\/layers\/0.*geometryCol.*geometryColumn/s,
    ],
    [
      "a missing datasource",
      (text) => text.replace('"postgres-prod"', '"postgres-prd"'),
      /metadata\.json:\d+:\d+ .*postgres-prd.*postgres-prod/s,
    ],
    [
      "a missing table",
      (text) => text.replace('"public.cities"', '"public.citys"'),
      /metadata\.json:\d+:\d+ .*public\.citys/s,
    ],
    [
      "a missing column",
      (text) => text.replace('"name": "population"', '"name": "populaton"'),
      /metadata\.json:\d+:\d+ .*populaton.*population/s,
    ],
  ];

  it.each(invalid)(
    "(%s) fails with file, line and a suggestion, and the previous release is served",
    async (fault, invalidate, message) => {
      const good = await stack.git("show", `HEAD:${METADATA}`);
      const deployed = (await stack.state()).deployedCommit;
      await stack.write(METADATA, invalidate(good));
      const commit = await stack.push(`feat: ${fault}`);
      const failed = await stack.deploymentOf(commit, "Failed");
      expect(failed.errorMessage).toMatch(message);
      expect(await stack.collections()).toEqual(["cities", "countries"]);
      expect(await stack.state()).toMatchObject({
        deployedCommit: deployed,
        syncStatus: "OutOfSync",
      });

      await stack.git("revert", "--no-edit", "HEAD");
      await stack.git("push", "--quiet", "origin", "HEAD:main");
      await eventually("the revert is in sync", async () => {
        const state = await stack.state();
        return state.syncStatus === "Synced" && state.health === "Healthy";
      });
    },
  );
}

function testApproval() {
  beforeAll(async () => {
    await stack.write(
      ".gitops/deployment-policy.yaml",
      "apiVersion: honua.io/v1\nkind: DeploymentPolicy\nenvironments:\n  production:\n    requiresApproval: true\n",
    );
    await stack.deploymentOf(await stack.push("chore: Require approval"), "Completed");
  });

  it("waits, is listed for the approver, and continues after approval", async () => {
    await stack.edit(METADATA, addLayer(placesLayer("villages")));
    const waiting = await stack.deploymentOf(
      await stack.push("feat: Villages"),
      "AwaitingApproval",
    );
    expect(await stack.collections()).toEqual(["cities", "countries"]);
    expect((await stack.honua("deployment", "pending")).stdout).toContain(waiting.id);
    expect((await stack.honua("deployment", "plan", waiting.id)).stdout).toMatch(/Layer: villages/);

    const approved = await stack.honua(
      "deployment",
      "approve",
      waiting.id,
      "--approver",
      "ops@example.com",
    );
    expect(approved).toMatchObject({ code: 0 });
    await stack.deploymentOf(waiting.commit, "Completed");
    expect(await stack.collections()).toEqual(["cities", "countries", "villages"]);
    expect((await stack.deployment(waiting.id)).decisions).toMatchObject([
      { outcome: "approved", subject: "ops@example.com", recordedBy: "local" },
    ]);
    expect(await stack.honua("deployment", "approve", waiting.id)).toMatchObject({ code: 4 });
  });

  it("fails when it is rejected", async () => {
    await stack.edit(
      METADATA,
      changeLayer("villages", () => undefined),
    );
    const waiting = await stack.deploymentOf(
      await stack.push("feat: Drop villages"),
      "AwaitingApproval",
    );
    const reason = "clients still read it";
    expect(await stack.honua("deployment", "reject", waiting.id, "--reason", reason)).toMatchObject(
      { code: 0 },
    );
    const failed = await stack.deploymentOf(waiting.commit, "Failed");
    expect(failed).toMatchObject({ reason: "Rejected" });
    expect(await stack.collections()).toContain("villages");
  });

  it("is superseded by a newer commit", async () => {
    await stack.edit(METADATA, addLayer(placesLayer("hamlets")));
    const older = await stack.deploymentOf(await stack.push("feat: Hamlets"), "AwaitingApproval");
    await stack.edit(
      METADATA,
      changeLayer("hamlets", (layer) => ({ ...layer, title: "Hamlets!" })),
    );
    const newer = await stack.deploymentOf(
      await stack.push("feat: Better hamlets"),
      "AwaitingApproval",
    );
    expect(await stack.deploymentOf(older.commit, "Failed")).toMatchObject({
      reason: "Superseded",
    });
    expect(await stack.honua("deployment", "approve", newer.id)).toMatchObject({ code: 0 });
    await stack.deploymentOf(newer.commit, "Completed");
  });

  it("refuses callers without a token", async () => {
    const { urls } = await stack.description();
    const pending = await fetch(`${urls.approvals}/api/gitops/approvals/pending`);
    expect(pending.status).toBe(401);
    expect(pending.headers.get("content-type")).toContain("application/problem+json");
  });
}

function testRewrittenHistory() {
  it("deploys the new head", async () => {
    const policy = "apiVersion: honua.io/v1\nkind: DeploymentPolicy\nenvironments: {}\n";
    await stack.write(".gitops/deployment-policy.yaml", policy);
    const relaxed = await stack.deploymentOf(
      await stack.push("chore: No approval"),
      "AwaitingApproval",
    );
    await stack.honua("deployment", "approve", relaxed.id);
    await stack.deploymentOf(relaxed.commit, "Completed");

    await stack.edit(METADATA, addLayer(placesLayer("mistake")));
    await stack.deploymentOf(await stack.push("feat: A mistake"), "Completed");
    await stack.git("reset", "--quiet", "--hard", "HEAD~1");
    await stack.edit(METADATA, addLayer(placesLayer("intended")));
    const commit = await stack.push("feat: The intended layer", "--force");
    await stack.deploymentOf(commit, "Completed");
    expect(await stack.collections()).toEqual(["cities", "countries", "hamlets", "intended"]);
  });
}

function testSync() {
  it("--force deploys the current commit again", async () => {
    const before = (await stack.state()).currentDeployment;
    expect(await stack.honua("sync", "production", "--force")).toMatchObject({ code: 0 });
    await eventually("another deployment completed", async () => {
      const { currentDeployment } = await stack.state();
      return currentDeployment?.id !== before?.id && currentDeployment?.state === "Completed";
    });
  });
}
