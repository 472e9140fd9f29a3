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

/** A commit whose bundle is none: no attempt can handle its message. */
async function poison(environment: EnvironmentUnderTest): Promise<string> {
  const commit = "b".repeat(40);
  const bundles = await engine.bus.objects("bundles");
  const digest = await bundles.put("this is no bundle");
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

async function blocked(): Promise<{ environment: EnvironmentUnderTest; commit: string }> {
  const environment = await engine.environment();
  await environment.until(await environment.commit(metadataOf("cities")), "Completed");
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

describe("a message that was given up", () => {
  it("blocks its environment, and says so everywhere", async () => {
    const { environment, commit } = await blocked();
    const block = {
      messageId: `poison-${environment.name}`,
      event: "honua.commit.detected.v1",
      commit,
      code: "unexpected",
      message: "cannot read properties of undefined",
    };
    expect((await situationOf(environment)).blocked).toMatchObject(block);
    const { body } = await engine.ask(`/api/gitops/environments/${environment.name}`);
    expect(body).toMatchObject({ blocked: block, health: "Degraded", syncStatus: "OutOfSync" });
    expect(await engine.healthOf("Lanes")).toBe("Degraded");
    const drifted = await eventually("it is told", async () =>
      (await environment.events()).find(({ type }) => type.includes("environment.drifted")),
    );
    expect(drifted.data).toMatchObject({
      health: "Degraded",
      message: "Blocked by a dead letter: cannot read properties of undefined",
    });
  });

  it("leaves the environment blocked, and told once, however well its gateways are", async () => {
    const { environment } = await blocked();
    const { lastUpdated } = await environment.state();
    await eventually("it was observed again", async () => {
      return (await environment.state()).lastUpdated > lastUpdated;
    });
    expect(await environment.state()).toMatchObject({
      health: "Degraded",
      syncStatus: "OutOfSync",
    });
    const told = (await environment.events()).filter(({ type }) => type.includes("drifted"));
    expect(told).toHaveLength(1);
  });

  it("is kept once, and does not touch other environments", async () => {
    const { environment } = await blocked();
    const other = await engine.environment();
    await other.until(await other.commit(metadataOf("cities")), "Completed");
    expect((await situationOf(other)).blocked).toBeNull();
    expect((await situationOf(environment)).blocked).not.toBeNull();
  });

  it("is not tried again by itself, but a newer commit ends the block", async () => {
    const { environment, commit } = await blocked();
    await environment.commit(metadataOf("cities", "roads"), { id: commit });
    const newer = await environment.commit(metadataOf("cities", "rivers"));
    await environment.until(newer, "Completed");
    await expect(environment.deployment(commit)).rejects.toThrow("nothing was opened");
    expect(await environment.state()).toMatchObject({
      blocked: null,
      health: "Healthy",
      syncStatus: "Synced",
    });
  });

  it("is tried again when a sync forces it", async () => {
    const { environment, commit } = await blocked();
    await environment.commit(metadataOf("cities", "roads"), { id: commit, forced: true });
    await environment.until(commit, "Completed");
    expect((await situationOf(environment)).blocked).toBeNull();
  });
});

describe("a commit whose bundle is none", () => {
  it("fails at once instead of blocking anything", async () => {
    const environment = await engine.environment();
    const commit = await poison(environment);
    const failed = await environment.until(commit, "Failed");
    expect(failed).toMatchObject({
      reason: "Internal",
      errorMessage: expect.stringContaining("is not a bundle"),
    });
    expect((await situationOf(environment)).blocked).toBeNull();
  });
});

describe("while an environment is blocked", () => {
  it("drift is healed all the same", async () => {
    const { environment } = await blocked();
    const [gateway] = environment.gateways;
    const live = (await environment.state()).deployedRelease;
    await gateway?.report({ observedRelease: null });
    await engine.bus.publish(environmentResync, {
      environment: environment.name,
      data: { cause: "interval" },
    });
    await gateway?.follow(true);
    expect(gateway?.serves()).toBe(live);
  });

  it("the commit that was given up opens nothing, whoever asks", async () => {
    const { environment, commit } = await blocked();
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
