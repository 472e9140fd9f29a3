import type { DeploymentSummary } from "@honua/contracts";
import { type LocalStack, startLocalStack } from "@honua/testing/local-stack";
import { afterAll, beforeAll, expect, test } from "vitest";
import { addLayer, METADATA, placesLayer } from "./sample-layer.ts";

let stack: LocalStack;
beforeAll(async () => {
  stack = await startLocalStack(["--scale", "watcher=2"]);
}, 180_000);
afterAll(() => stack?.remove());

async function listDeployments(): Promise<DeploymentSummary[]> {
  const { urls, token } = await stack.description();
  const url = `${urls.state}/api/gitops/environments/production/deployments?limit=100`;
  const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  return ((await response.json()) as { items: DeploymentSummary[] }).items;
}

test("two watchers of one environment create one deployment for each commit", async () => {
  expect((await stack.description()).pids.watcher).toHaveLength(2);
  const first = (await listDeployments()).map(({ commit }) => commit);
  const pushed: string[] = [];
  for (let i = 1; i <= 3; i++) {
    await stack.edit(METADATA, addLayer(placesLayer(`seen-twice-${i}`)));
    pushed.push(await stack.push(`feat: Layer ${i}`));
    await stack.deploymentOf(pushed.at(-1) ?? "", "Completed");
  }
  // The watchers reply to sync requests in turn, so that both have seen the last commit.
  for (let i = 0; i < 6; i++) await stack.honua("sync", "production");
  expect((await listDeployments()).map(({ commit }) => commit)).toEqual([
    ...pushed.toReversed(),
    ...first,
  ]);
});

test("one watcher is sufficient while the other is suspended", async () => {
  const { pids } = await stack.description();
  process.kill(pids.watcher?.[0] ?? 0, "SIGSTOP");
  try {
    await stack.edit(METADATA, addLayer(placesLayer("seen-by-one")));
    await stack.deploymentOf(await stack.push("feat: Seen by one"), "Completed");
  } finally {
    process.kill(pids.watcher?.[0] ?? 0, "SIGCONT");
  }
  const before = (await listDeployments()).length;
  // The resumed watcher has outdated state. It must not deploy the commit again.
  for (let i = 0; i < 6; i++) await stack.honua("sync", "production");
  expect(await listDeployments()).toHaveLength(before);
});
