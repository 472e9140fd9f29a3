import { eventually } from "@honua/testing/eventually";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { changeLayer, METADATA } from "../e2e/sample-layer.ts";
import { docker, hasContainers } from "./container-engine.ts";
import { type ContainerStack, startContainerStack } from "./container-stack.ts";

/** Replicas, killed containers, network partitions and an upgrade. */
describe.skipIf(!hasContainers())("in containers", { timeout: 120_000 }, () => {
  let stack: ContainerStack;
  beforeAll(async () => {
    stack = await startContainerStack({ scale: { reconciler: 3, "gis-gateway": 2 } });
  }, 240_000);
  afterAll(() => stack?.remove());

  async function deployTitle(title: string, ...states: string[]) {
    await stack.edit(
      METADATA,
      changeLayer("cities", (layer) => ({ ...layer, title })),
    );
    const commit = await stack.push(`docs: ${title}`);
    return stack.deploymentOf(commit, ...(states.length > 0 ? states : ["Completed"]));
  }

  const titleOn = async (gateway: number) => {
    const response = await fetch(`${stack.gateway(gateway)}/ogc/collections/cities`);
    return ((await response.json()) as { title: string }).title;
  };

  /** Sends requests to the first gateway while `work` runs, and returns the failures. */
  async function collectFailuresDuring(work: () => Promise<unknown>): Promise<string[]> {
    const failures: string[] = [];
    const url = `${stack.gateway(1)}/ogc/collections/cities/items?limit=1`;
    let reading = true;
    const reader = (async () => {
      while (reading) {
        const status = await fetch(url).then(
          async (response) => (await response.text()) && response.status,
          (error: unknown) => String(error),
        );
        if (status !== 200) failures.push(String(status));
      }
    })();
    await work().finally(() => {
      reading = false;
    });
    await reader;
    return failures;
  }

  const disconnect = (name: string) => docker("network", "disconnect", stack.network, id(name));
  const reconnect = (name: string, alias: string) =>
    docker("network", "connect", "--alias", alias, stack.network, id(name));

  /** The title of the cities as requested inside the container of a gateway. */
  const titleInside = (name: string) => {
    const script =
      "fetch('http://127.0.0.1:5000/ogc/collections/cities').then(async (response) => console.log((await response.json()).title))";
    return docker("exec", id(name), "node", "--eval", script);
  };

  /** The reconcilers that logged a text about a deployment. */
  async function reconcilersThatLogged(text: string, deploymentId: string): Promise<string[]> {
    const names = ["reconciler-1", "reconciler-2", "reconciler-3"];
    const logs = await Promise.all(names.map((name) => docker("logs", id(name))));
    return names.filter((_name, index) =>
      logs[index]
        ?.split("\n")
        .some((line) => line.includes(text) && line.includes(`"deploymentId":"${deploymentId}"`)),
    );
  }

  const id = (name: string) => stack.containers.get(name)?.getId() ?? "";

  it("both gateways serve a release when its deployment is completed", async () => {
    await deployTitle("On both");
    expect(await Promise.all([titleOn(1), titleOn(2)])).toEqual(["On both", "On both"]);
  });

  it("deploys while two of three reconcilers are killed", async () => {
    await docker("kill", id("reconciler-1"), id("reconciler-3"));
    await deployTitle("With one reconciler");
    expect(await titleOn(2)).toBe("With one reconciler");
    await docker("start", id("reconciler-1"), id("reconciler-3"));
    await deployTitle("With three again");
  });

  it("one gateway serves while the other is down, and the other catches up after its restart", async () => {
    await docker("kill", id("gis-gateway-2"));
    await deployTitle("Without the second");
    expect(await titleOn(1)).toBe("Without the second");
    await docker("start", id("gis-gateway-2"));
    await eventually(
      "the second gateway catches up",
      async () => (await titleOn(2).catch(() => "")) === "Without the second",
      120_000,
    );
    // The reconciler waits for the killed gateway until its last heartbeat expires after 30 s.
  });

  it("a gateway without the bus serves its release, and the new release after it reconnects", async () => {
    const before = await titleOn(1);
    await docker("network", "disconnect", stack.network, id("nats"));
    // Only the bus is disconnected, so the published port of the gateway still works.
    expect(await titleOn(1)).toBe(before);
    await stack.edit(
      METADATA,
      changeLayer("cities", (layer) => ({ ...layer, title: "After the outage" })),
    );
    const commit = await stack.push("docs: After the outage");
    expect(await titleOn(1)).toBe(before);
    await docker("network", "connect", "--alias", "nats", stack.network, id("nats"));
    await stack.deploymentOf(commit, "Completed");
    expect(await titleOn(1)).toBe("After the outage");
  });

  it("a deployment completes once after its reconciler and a gateway were disconnected", async () => {
    const before = await titleOn(2);
    await disconnect("gis-gateway-2");
    await stack.edit(
      METADATA,
      changeLayer("cities", (layer) => ({ ...layer, title: "During the outage" })),
    );
    const commit = await stack.push("docs: During the outage");
    // The deployment waits for the reply of the disconnected gateway.
    const { id: deploymentId } = await stack.deploymentOf(commit, "Applying");
    const worker = await eventually("a reconciler works on it", async () => {
      const [name] = await reconcilersThatLogged("Starting reconciliation", deploymentId);
      return name;
    });
    await disconnect(worker);
    expect(await titleInside("gis-gateway-2")).toBe(before);
    await reconnect("gis-gateway-2", "gis-gateway");
    await eventually(
      "another reconciler completes it",
      async () => {
        const { state, stateHistory } = await stack.deployment(deploymentId);
        if (state === "Completed") return true;
        throw new Error(JSON.stringify(stateHistory));
      },
      90_000,
    );
    await reconnect(worker, "reconciler");
    await eventually("both gateways serve the release", async () => {
      const titles = await Promise.all([titleOn(1), titleOn(2)]);
      return titles.every((title) => title === "During the outage");
    });
    await deployTitle("After the reconnect");
    const { stateHistory } = await stack.deployment(deploymentId);
    const edges = stateHistory.map(({ from, to }) => `${from} to ${to}`);
    expect(edges).toEqual([...new Set(edges)]);
    const completers = await reconcilersThatLogged("Successfully completed", deploymentId);
    expect(completers).toHaveLength(1);
    expect(completers).not.toContain(worker);
  });

  it("services are replaced one by one without a failed request", async () => {
    const failures = await collectFailuresDuring(async () => {
      for (const name of ["state-1", "reconciler-2", "watcher-1"]) await stack.replace(name);
      await deployTitle("After the upgrade");
    });
    expect(failures).toEqual([]);
    expect((await stack.honua("doctor")).code).toBe(0);
  });
});
