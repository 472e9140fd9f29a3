import { rename } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { eventually } from "@honua/testing/eventually";
import { type LocalStack, startLocalStack } from "@honua/testing/local-stack";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addLayer, METADATA, placesLayer } from "./sample-layer.ts";

/** Actions of operators other than pushing commits. The tests build on each other. */
let stack: LocalStack;
beforeAll(async () => {
  stack = await startLocalStack();
}, 180_000);
afterAll(() => stack?.remove());

async function pushLayer(id: string): Promise<string> {
  await stack.edit(METADATA, addLayer(placesLayer(id)));
  return stack.push(`feat: ${id}`);
}

async function untilWaitingFor(commit: string, reason: string) {
  return eventually(`${commit} waits for ${reason}`, async () => {
    const { currentDeployment: current } = await stack.state();
    return current?.commit === commit && current.waitingFor?.includes(reason) ? current : undefined;
  });
}

describe("pause and resume", () => {
  it("holds back new commits with a reason, and then deploys the newest", async () => {
    const reason = "the database moves";
    expect(await stack.honua("pause", "production", "--reason", reason)).toMatchObject({ code: 0 });
    const older = await pushLayer("towns");
    await untilWaitingFor(older, `environment is paused: ${reason}`);
    const newer = await pushLayer("villages");
    expect(await untilWaitingFor(newer, reason)).toMatchObject({ state: "Pending" });
    expect(await stack.collections()).toEqual(["cities", "countries"]);
    expect((await stack.honua("status", "production")).stdout).toMatch(/Paused\s+the database/);

    expect(await stack.honua("resume", "production")).toMatchObject({ code: 0 });
    await stack.deploymentOf(newer, "Completed");
    expect(await stack.deploymentOf(older, "Failed")).toMatchObject({ reason: "Superseded" });
    expect(await stack.collections()).toEqual(["cities", "countries", "towns", "villages"]);
  });
});

describe("a manual rollback", () => {
  it("needs a confirmation, and works while the Git server is unreachable", async () => {
    expect(await stack.honua("rollback", "production")).toMatchObject({ code: 2 });
    const { repository } = await stack.description();
    const path = repository.startsWith("file:") ? fileURLToPath(repository) : repository;
    await rename(path, `${path}.away`);
    const rollback = await stack.honua(
      "rollback",
      "production",
      "--yes",
      "--reason",
      "wrong",
      "-o",
      "json",
    );
    expect(rollback).toMatchObject({ code: 0 });
    const { id } = JSON.parse(rollback.stdout) as { id: string };
    await eventually("the rollback completed", async () => {
      return (await stack.deployment(id)).state === "Completed";
    });
    expect(await stack.collections()).toEqual(["cities", "countries"]);
    await rename(`${path}.away`, path);
  });

  it("holds back the newest commit until a forced sync", async () => {
    expect(await stack.state()).toMatchObject({ syncStatus: "OutOfSync", health: "Healthy" });
    expect((await stack.honua("status", "production")).stdout).toMatch(/Held back.*wrong/);
    await eventually("the watcher reads Git again", async () => {
      return (await stack.honua("sync", "production")).code === 0;
    });
    expect(await stack.state()).toMatchObject({ syncStatus: "OutOfSync" });
    expect(await stack.honua("sync", "production", "--force")).toMatchObject({ code: 0 });
    await eventually("the newest commit is served again", async () => {
      const { syncStatus, hold } = await stack.state();
      return syncStatus === "Synced" && hold === null;
    });
    expect(await stack.collections()).toEqual(["cities", "countries", "towns", "villages"]);
  });
});

describe("a blackout", () => {
  const POLICY = ".gitops/deployment-policy.yaml";
  const policy = (rules: string) =>
    `apiVersion: honua.io/v1\nkind: DeploymentPolicy\nenvironments:\n  production:\n${rules}`;
  const freeze =
    '    blackoutPeriods: [{ name: freeze, start: "2020-01-01", end: "2040-01-01", timezone: UTC }]\n';

  it("keeps a commit pending until an operator overrides it with a reason", async () => {
    await stack.write(POLICY, policy(freeze));
    await stack.deploymentOf(await stack.push("chore: Freeze"), "Completed");
    const commit = await pushLayer("hamlets");
    expect(await untilWaitingFor(commit, "blackout 'freeze'")).toMatchObject({ state: "Pending" });
    expect(await stack.honua("sync", "production", "--override-window")).toMatchObject({ code: 2 });
    const overriding = ["sync", "production", "--override-window", "--reason", "outage 4711"];
    expect(await stack.honua(...overriding)).toMatchObject({ code: 0 });
    const { id } = await stack.deploymentOf(commit, "Completed");
    expect(await stack.deployment(id)).toMatchObject({
      windowOverride: { by: "user:local", reason: "outage 4711" },
    });
  });

  it("does not prevent an invalid commit from failing", async () => {
    await stack.write(METADATA, "{,");
    const commit = await stack.push("feat: Nonsense");
    expect(await stack.deploymentOf(commit, "Failed")).toMatchObject({
      reason: "InvalidConfiguration",
    });
  });
});
