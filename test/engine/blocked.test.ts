import {
  commitDetected,
  environmentResync,
  getEnvironmentOverview,
  openDeployment,
  recordDeadLetter,
} from "@honua/contracts";
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

/** Publishes a commit with an invalid bundle, so that every delivery of its message fails. */
async function publishInvalidBundle(environment: EnvironmentUnderTest): Promise<string> {
  const commit = "b".repeat(40);
  const bundles = await engine.bus.objects("bundles");
  const digest = await bundles.put("not a bundle");
  const person = { name: "Ana", email: "ana@example.com" };
  await engine.bus.publish(commitDetected, {
    environment: environment.name,
    data: {
      commit: {
        id: commit,
        repository: "file:///honua-config.git",
        branch: "main",
        author: person,
        committer: person,
        message: "feat: Poison",
        committedAt: new Date().toISOString(),
      },
      previousCommit: null,
      treeHash: "poison",
      bundle: { digest, bytes: 1, files: 1 },
      changedFiles: [],
      historyRewritten: false,
      detectedBy: "poll",
    },
  });
  return commit;
}

async function blockedEnvironment(): Promise<{
  environment: EnvironmentUnderTest;
  commit: string;
}> {
  const environment = await engine.createEnvironment();
  await environment.untilState(await environment.publishCommit(metadataOf("cities")), "Completed");
  const commit = "c".repeat(40);
  await engine.bus.call(recordDeadLetter, {
    environment: environment.name,
    consumer: "reconciler",
    event: "honua.commit.detected.v1",
    commit,
    subject: `honua.${environment.name}.commit.detected`,
    messageId: `poison-${environment.name}`,
    payload: "{}",
    error: { code: "unexpected", message: "cannot read properties of undefined" },
    deliveries: 12,
  });
  return { environment, commit };
}

const situationOf = ({ name }: EnvironmentUnderTest) =>
  engine.bus.call(getEnvironmentOverview, { environment: name });

describe("a dead letter", () => {
  it("blocks its environment, and appears in the API, in the health and as an event", async () => {
    const { environment, commit } = await blockedEnvironment();
    const block = {
      messageId: `poison-${environment.name}`,
      event: "honua.commit.detected.v1",
      commit,
      code: "unexpected",
      message: "cannot read properties of undefined",
    };
    expect((await situationOf(environment)).blocked).toMatchObject(block);
    const { body } = await engine.askState(`/api/gitops/environments/${environment.name}`);
    expect(body).toMatchObject({ blocked: block, health: "Degraded", syncStatus: "OutOfSync" });
    expect(await engine.healthOf("Lanes")).toBe("Degraded");
    const drifted = await eventually("the event is published", async () =>
      (await environment.events()).find(({ type }) => type.includes("environment.drifted")),
    );
    expect(drifted.data).toMatchObject({
      health: "Degraded",
      message: "Blocked by a dead letter: cannot read properties of undefined",
    });
  });

  it("keeps the environment blocked while its gateways are healthy, and publishes one event", async () => {
    const { environment } = await blockedEnvironment();
    const { lastUpdated } = await environment.state();
    await eventually("the environment was observed again", async () => {
      return (await environment.state()).lastUpdated > lastUpdated;
    });
    expect(await environment.state()).toMatchObject({
      health: "Degraded",
      syncStatus: "OutOfSync",
    });
    const drifts = (await environment.events()).filter(({ type }) => type.includes("drifted"));
    expect(drifts).toHaveLength(1);
  });

  it("does not block other environments", async () => {
    const { environment } = await blockedEnvironment();
    const other = await engine.createEnvironment();
    await other.untilState(await other.publishCommit(metadataOf("cities")), "Completed");
    expect((await situationOf(other)).blocked).toBeNull();
    expect((await situationOf(environment)).blocked).not.toBeNull();
  });

  it("is not retried automatically, and a newer commit ends the block", async () => {
    const { environment, commit } = await blockedEnvironment();
    await environment.publishCommit(metadataOf("cities", "roads"), { id: commit });
    const newer = await environment.publishCommit(metadataOf("cities", "rivers"));
    await environment.untilState(newer, "Completed");
    await expect(environment.newestDeploymentOf(commit)).rejects.toThrow("There is no deployment");
    expect(await environment.state()).toMatchObject({
      blocked: null,
      health: "Healthy",
      syncStatus: "Synced",
    });
  });

  it("is retried by a forced sync", async () => {
    const { environment, commit } = await blockedEnvironment();
    await environment.publishCommit(metadataOf("cities", "roads"), { id: commit, forced: true });
    await environment.untilState(commit, "Completed");
    expect((await situationOf(environment)).blocked).toBeNull();
  });
});

describe("a commit with an invalid bundle", () => {
  it("fails immediately and does not block the environment", async () => {
    const environment = await engine.createEnvironment();
    const commit = await publishInvalidBundle(environment);
    const failed = await environment.untilState(commit, "Failed");
    expect(failed).toMatchObject({
      reason: "Internal",
      errorMessage: expect.stringContaining("is not a bundle"),
    });
    expect((await situationOf(environment)).blocked).toBeNull();
  });
});

describe("a blocked environment", () => {
  it("still gets its drift corrected", async () => {
    const { environment } = await blockedEnvironment();
    const [gateway] = environment.gateways;
    const live = (await environment.state()).deployedRelease;
    await gateway?.reportStatus({ observedRelease: null });
    await engine.bus.publish(environmentResync, {
      environment: environment.name,
      data: { cause: "interval" },
    });
    await gateway?.setFollowing(true);
    expect(gateway?.servedRelease()).toBe(live);
  });

  it("opens no deployment of the commit in the dead letter", async () => {
    const { environment, commit } = await blockedEnvironment();
    const person = { name: "Ana", email: "ana@example.com" };
    const opened = await engine.bus.call(openDeployment, {
      environment: environment.name,
      commit: {
        id: commit,
        repository: "file:///honua-config.git",
        branch: "main",
        author: person,
        committer: person,
        message: "m",
        committedAt: new Date().toISOString(),
      },
      treeHash: "t",
      bundle: { digest: "a".repeat(64), bytes: 1, files: 1 },
      trigger: "commit",
      initiatedBy: "GitWatcher",
      requestId: "again",
    });
    expect(opened).toMatchObject({ deployment: null, created: false });
  });
});
