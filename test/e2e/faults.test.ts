import { eventually } from "@honua/testing/eventually";
import { type LocalStack, startLocalStack } from "@honua/testing/local-stack";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addLayer, METADATA, placesLayer } from "./sample-layer.ts";

let stack: LocalStack;
beforeAll(async () => {
  stack = await startLocalStack();
}, 180_000);
afterAll(() => stack?.remove());

const SERVICES = ["watcher", "reconciler", "approvals", "state", "gis-gateway"];

async function killService(service: string): Promise<void> {
  const { pids } = await stack.description();
  const pid = pids[service]?.[0];
  if (pid === undefined) throw new Error(`${service} is not running`);
  process.kill(pid, "SIGKILL");
}

describe("a service that is killed during a deployment", () => {
  it.each(SERVICES)("(%s) restarts, and the deployment completes", async (service) => {
    const layer = `during-${service}`;
    await stack.edit(METADATA, addLayer(placesLayer(layer)));
    const commit = await stack.push(`feat: Kill ${service}`);
    await killService(service);
    await stack.deploymentOf(commit, "Completed");
    await eventually("the layer is served", async () =>
      (await stack.collections()).includes(layer),
    );
    await eventually("stack.json contains the new process", async () => {
      const { pids } = await stack.description();
      return pids[service]?.length === 1;
    });
  });

  it("(all five at once) restarts, and the deployment completes", async () => {
    await stack.edit(METADATA, addLayer(placesLayer("during-all")));
    const commit = await stack.push("feat: Kill all");
    await Promise.all(SERVICES.map(killService));
    await stack.deploymentOf(commit, "Completed");
  });
});

describe("the message bus", () => {
  it("delays a deployment and loses no message if it is killed", async () => {
    await stack.edit(METADATA, addLayer(placesLayer("during-bus")));
    const commit = await stack.push("feat: Kill the bus");
    await killService("nats-server");
    await stack.deploymentOf(commit, "Completed");
  });
});

describe("Ctrl-C", () => {
  it("stops all processes within five seconds, and the next start resumes", async () => {
    const served = await stack.collections();
    const { pids } = await stack.description();
    expect(await stack.interrupt()).toBeLessThan(5_000);
    for (const pid of Object.values(pids).flat()) {
      expect(() => process.kill(pid, 0), `process ${pid} has ended`).toThrow();
    }
    await stack.start();
    expect(await stack.collections()).toEqual(served);
    await stack.edit(METADATA, addLayer(placesLayer("after-restart")));
    await stack.deploymentOf(await stack.push("feat: After the restart"), "Completed");
  });
});
