import { eventually } from "@honua/testing/eventually";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type EngineUnderTest,
  type EnvironmentUnderTest,
  metadataOf,
  startEngine,
} from "./engine-under-test.ts";

let engine: EngineUnderTest;
beforeAll(async () => {
  engine = await startEngine();
});
afterAll(() => engine?.stop());

/** An environment with a completed deployment. */
async function deployedEnvironment(): Promise<{
  environment: EnvironmentUnderTest;
  live: string | null;
}> {
  const environment = await engine.createEnvironment();
  await environment.untilState(await environment.publishCommit(metadataOf("cities")), "Completed");
  return { environment, live: (await environment.state()).deployedRelease };
}

const eventTypesOf = async (environment: EnvironmentUnderTest) =>
  (await environment.events()).map(({ type }) => type.replace(/^honua\.|\.v\d+$/g, ""));

const logMessagesOf = (deploymentId: string) =>
  engine
    .logs()
    .filter((line) => line.deploymentId === deploymentId)
    .map(({ msg }) => msg);

describe("a release that fails its verification", () => {
  it("is rolled back automatically, in state, events, log and gateways", async () => {
    const { environment, live } = await deployedEnvironment();
    const [gateway] = environment.gateways;
    const before = (await environment.state()).currentDeployment?.id;
    gateway?.onRequest((path) => (path.includes("/roads/") ? 500 : 200));
    const commit = await environment.publishCommit(metadataOf("cities", "roads"));
    const { id, ...rolledBack } = await environment.untilState(commit, "RolledBack");
    expect(rolledBack).toMatchObject({
      reason: "VerificationFailed",
      errorMessage: expect.stringContaining("/roads/items?limit=1 returned 500"),
    });
    expect(rolledBack.stateHistory.map(({ to }) => to).slice(-5)).toEqual([
      "Applying",
      "PostValidating",
      "Failed",
      "RollingBack",
      "RolledBack",
    ]);
    expect(gateway?.servedRelease()).toBe(live);
    expect(await environment.state()).toMatchObject({
      health: "Degraded",
      syncStatus: "OutOfSync",
      deployedRelease: live,
      latestCommit: commit,
      lastSuccessfulDeployment: { id: before },
    });
    await eventually("every event is published", async () => {
      return (await eventTypesOf(environment)).includes("deploy.rolled-back");
    });
    expect((await eventTypesOf(environment)).slice(-5)).toEqual([
      "deploy.created",
      "deploy.planned",
      "deploy.applying",
      "deploy.failed",
      "deploy.rolled-back",
    ]);
    const lines = logMessagesOf(id);
    expect(lines).toEqual(
      expect.arrayContaining([
        `Starting reconciliation for environment '${environment.name}' at commit '${commit.slice(0, 7)}'`,
        "Deployment failed, initiating automatic rollback",
        `Rolling back to deployment: ${before}`,
        "Rollback completed successfully",
      ]),
    );
    const audit = await engine.askState(`/api/gitops/audit?environment=${environment.name}`);
    expect(JSON.stringify(audit.body)).toContain(id);
  });

  it("is not retried automatically, only by a forced sync", async () => {
    const { environment } = await deployedEnvironment();
    const [gateway] = environment.gateways;
    gateway?.onRequest((path) => (path.includes("/roads/") ? 404 : 200));
    const metadata = metadataOf("cities", "roads");
    const commit = await environment.publishCommit(metadata);
    const first = await environment.untilState(commit, "RolledBack");
    gateway?.onRequest(() => 200);
    await environment.publishCommit(metadata, { id: commit });
    const newer = await environment.publishCommit(metadataOf("cities", "rivers"));
    await environment.untilState(newer, "Completed");
    expect((await environment.newestDeploymentOf(commit)).id).toBe(first.id);
    await environment.publishCommit(metadata, { id: commit, forced: true });
    expect((await environment.untilState(commit, "Completed")).id).not.toBe(first.id);
    expect(await environment.state()).toMatchObject({ health: "Healthy", syncStatus: "Synced" });
  });

  it("stays failed if it is the first deployment, because there is no release to return to", async () => {
    const environment = await engine.createEnvironment();
    environment.gateways[0]?.onRequest(() => 500);
    const commit = await environment.publishCommit(metadataOf("cities"));
    expect(await environment.untilState(commit, "Failed")).toMatchObject({
      reason: "VerificationFailed",
    });
    expect(await environment.state()).toMatchObject({ health: "Unhealthy", deployedCommit: null });
  });
});

describe("a release that a gateway rejects", () => {
  it("never becomes the desired release and needs no rollback", async () => {
    const { environment, live } = await deployedEnvironment();
    const [gateway] = environment.gateways;
    gateway?.onPrepare((release) => ({
      instance: "gateway-1",
      release,
      ok: false,
      problems: [{ code: "missing-table", message: 'table "public.places" does not exist' }],
      warnings: [],
    }));
    const commit = await environment.publishCommit(metadataOf("cities", "roads"));
    expect(await environment.untilState(commit, "Failed")).toMatchObject({
      reason: "PrepareFailed",
    });
    expect(gateway?.servedRelease()).toBe(live);
    expect(await environment.state()).toMatchObject({
      health: "Degraded",
      syncStatus: "OutOfSync",
    });
  });
});

describe("an operator", () => {
  it("pauses, resumes, rolls back and forces a sync, each with an event and an audit entry", async () => {
    const { environment, live } = await deployedEnvironment();
    const path = `/api/gitops/environments/${environment.name}`;
    const second = await environment.publishCommit(metadataOf("cities", "roads"));
    await environment.untilState(second, "Completed");
    const post = async (action: string, body: object) => {
      const response = await engine.askState(`${path}/${action}`, body);
      expect(response.status).toBeLessThan(300);
    };
    await post("pause", { reason: "the database moves" });
    const waiting = await environment.publishCommit(metadataOf("cities", "rivers"));
    await eventually("the deployment waits", async () => {
      const { waitingFor } = await environment.newestDeploymentOf(waiting);
      return waitingFor === "environment is paused: the database moves";
    });
    await post("resume", {});
    await environment.untilState(waiting, "Completed");
    await post("rollback", {
      to: (await environment.newestDeploymentOf(second)).id,
      reason: "wrong",
    });
    await eventually("the rollback completed", async () => {
      const { currentDeployment } = await environment.state();
      return currentDeployment?.trigger === "rollback" && currentDeployment.state === "Completed";
    });
    expect(await environment.state()).toMatchObject({
      hold: { commit: waiting, reason: expect.stringContaining("(wrong)") },
      syncStatus: "OutOfSync",
    });
    expect((await environment.state()).deployedRelease).not.toBe(live);
    await environment.publishCommit(metadataOf("cities", "rivers"), { id: waiting, forced: true });
    await eventually("the hold has ended", async () => (await environment.state()).hold === null);
    await environment.untilState(waiting, "Completed");
    await eventually("every event is published", async () => {
      const kinds = await eventTypesOf(environment);
      return ["paused", "resumed", "rollback-requested"].every((name) =>
        kinds.includes(`environment.${name}`),
      );
    });
    const audit = JSON.stringify(
      (await engine.askState(`/api/gitops/audit?environment=${environment.name}&limit=200`)).body,
    );
    for (const action of ["environment.pause", "environment.resume", "environment.rollback"]) {
      expect(audit).toContain(action);
    }
  });
});
