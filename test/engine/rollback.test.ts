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

/** An environment with a verified release, and the events of its deployment passed by. */
async function deployed(): Promise<{ environment: EnvironmentUnderTest; live: string | null }> {
  const environment = await engine.environment();
  await environment.until(await environment.commit(metadataOf("cities")), "Completed");
  return { environment, live: (await environment.state()).deployedRelease };
}

const kindsOf = async (environment: EnvironmentUnderTest) =>
  (await environment.events()).map(({ type }) => type.replace(/^honua\.|\.v\d+$/g, ""));

const linesAbout = (deploymentId: string) =>
  engine
    .logs()
    .filter((line) => line.deploymentId === deploymentId)
    .map(({ msg }) => msg);

describe("a release that fails after clients may have seen it", () => {
  it("is rolled back by itself: state, events, log and gateways", async () => {
    const { environment, live } = await deployed();
    const [gateway] = environment.gateways;
    const before = (await environment.state()).currentDeployment?.id;
    gateway?.answerHttp((path) => (path.includes("/roads/") ? 500 : 200));
    const commit = await environment.commit(metadataOf("cities", "roads"));
    const { id, ...rolledBack } = await environment.until(commit, "RolledBack");
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
    expect(gateway?.serves()).toBe(live);
    expect(await environment.state()).toMatchObject({
      health: "Degraded",
      syncStatus: "OutOfSync",
      deployedRelease: live,
      latestCommit: commit,
      lastSuccessfulDeployment: { id: before },
    });
    await eventually("every event is published", async () => {
      return (await kindsOf(environment)).includes("deploy.rolled-back");
    });
    expect((await kindsOf(environment)).slice(-5)).toEqual([
      "deploy.created",
      "deploy.planned",
      "deploy.applying",
      "deploy.failed",
      "deploy.rolled-back",
    ]);
    const lines = linesAbout(id);
    expect(lines).toEqual(
      expect.arrayContaining([
        `Starting reconciliation for environment '${environment.name}' at commit '${commit.slice(0, 7)}'`,
        "Deployment failed, initiating automatic rollback",
        `Rolling back to deployment: ${before}`,
        "Rollback completed successfully",
      ]),
    );
    const audit = await engine.ask(`/api/gitops/audit?environment=${environment.name}`);
    expect(JSON.stringify(audit.body)).toContain(id);
  });

  it("is quarantined: not tried again by itself, but when forced or followed", async () => {
    const { environment } = await deployed();
    const [gateway] = environment.gateways;
    gateway?.answerHttp((path) => (path.includes("/roads/") ? 404 : 200));
    const metadata = metadataOf("cities", "roads");
    const commit = await environment.commit(metadata);
    const first = await environment.until(commit, "RolledBack");
    gateway?.answerHttp(() => 200);
    await environment.commit(metadata, { id: commit });
    const newer = await environment.commit(metadataOf("cities", "rivers"));
    await environment.until(newer, "Completed");
    expect((await environment.deployment(commit)).id).toBe(first.id);
    await environment.commit(metadata, { id: commit, forced: true });
    expect((await environment.until(commit, "Completed")).id).not.toBe(first.id);
    expect(await environment.state()).toMatchObject({ health: "Healthy", syncStatus: "Synced" });
  });

  it("of a first deployment stays failed, since there is nothing to go back to", async () => {
    const environment = await engine.environment();
    environment.gateways[0]?.answerHttp(() => 500);
    const commit = await environment.commit(metadataOf("cities"));
    expect(await environment.until(commit, "Failed")).toMatchObject({
      reason: "VerificationFailed",
    });
    expect(await environment.state()).toMatchObject({ health: "Unhealthy", deployedCommit: null });
  });
});

describe("a release that a gateway refuses", () => {
  it("never becomes desired, so that nothing has to be rolled back", async () => {
    const { environment, live } = await deployed();
    const [gateway] = environment.gateways;
    gateway?.answerPrepare((release) => ({
      instance: "gateway-1",
      release,
      ok: false,
      problems: [{ code: "missing-table", message: 'table "public.places" does not exist' }],
      warnings: [],
    }));
    const commit = await environment.commit(metadataOf("cities", "roads"));
    expect(await environment.until(commit, "Failed")).toMatchObject({ reason: "PrepareFailed" });
    expect(gateway?.serves()).toBe(live);
    expect(await environment.state()).toMatchObject({
      health: "Degraded",
      syncStatus: "OutOfSync",
    });
  });
});

describe("an operator", () => {
  it("pauses, resumes, rolls back and forces a sync, each told and recorded", async () => {
    const { environment, live } = await deployed();
    const path = `/api/gitops/environments/${environment.name}`;
    const second = await environment.commit(metadataOf("cities", "roads"));
    await environment.until(second, "Completed");
    const post = async (action: string, body: object) => {
      const answer = await engine.ask(`${path}/${action}`, body);
      expect(answer.status).toBeLessThan(300);
    };
    await post("pause", { reason: "the database moves" });
    const waiting = await environment.commit(metadataOf("cities", "rivers"));
    await eventually("it waits", async () => {
      const { waitingFor } = await environment.deployment(waiting);
      return waitingFor === "environment is paused: the database moves";
    });
    await post("resume", {});
    await environment.until(waiting, "Completed");
    await post("rollback", { to: (await environment.deployment(second)).id, reason: "wrong" });
    await eventually("the rollback completed", async () => {
      const { currentDeployment } = await environment.state();
      return currentDeployment?.trigger === "rollback" && currentDeployment.state === "Completed";
    });
    expect(await environment.state()).toMatchObject({
      hold: { commit: waiting, reason: expect.stringContaining("(wrong)") },
      syncStatus: "OutOfSync",
    });
    expect((await environment.state()).deployedRelease).not.toBe(live);
    await environment.commit(metadataOf("cities", "rivers"), { id: waiting, forced: true });
    await eventually("the hold is gone", async () => (await environment.state()).hold === null);
    await environment.until(waiting, "Completed");
    await eventually("every event is published", async () => {
      const kinds = await kindsOf(environment);
      return ["paused", "resumed", "rollback-requested"].every((one) =>
        kinds.includes(`environment.${one}`),
      );
    });
    const audit = JSON.stringify(
      (await engine.ask(`/api/gitops/audit?environment=${environment.name}&limit=200`)).body,
    );
    for (const action of ["environment.pause", "environment.resume", "environment.rollback"]) {
      expect(audit).toContain(action);
    }
  });
});
