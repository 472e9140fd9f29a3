import { eventually } from "@honua/testing/eventually";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { changeLayer, METADATA } from "../e2e/sample-layer.ts";
import { docker, hasContainers } from "./container-engine.ts";
import { type ContainerStack, startContainerStack } from "./container-stack.ts";

/** What only containers show: several of a service, killed ones, a network that is cut, an upgrade. */
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

  /** Reads from the first gateway again and again while `work` runs; gives what was no success. */
  async function failuresWhile(work: () => Promise<unknown>): Promise<string[]> {
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

  const cut = (name: string) => docker("network", "disconnect", stack.network, id(name));
  const mend = (name: string, alias: string) =>
    docker("network", "connect", "--alias", alias, stack.network, id(name));

  /** What a gateway says to those inside its container. */
  const titleInside = (name: string) => {
    const ask =
      "fetch('http://127.0.0.1:5000/ogc/collections/cities').then(async (answer) => console.log((await answer.json()).title))";
    return docker("exec", id(name), "node", "--eval", ask);
  };

  /** The reconcilers that have a line of log with this text about a deployment. */
  async function reconcilersThatSay(text: string, deploymentId: string): Promise<string[]> {
    const names = ["reconciler-1", "reconciler-2", "reconciler-3"];
    const logs = await Promise.all(names.map((name) => docker("logs", id(name))));
    return names.filter((_name, index) =>
      logs[index]
        ?.split("\n")
        .some((line) => line.includes(text) && line.includes(`"deploymentId":"${deploymentId}"`)),
    );
  }

  const id = (name: string) => stack.containers.get(name)?.getId() ?? "";

  it("both gateways serve a release once it is completed", async () => {
    await deployTitle("On both");
    expect(await Promise.all([titleOn(1), titleOn(2)])).toEqual(["On both", "On both"]);
  });

  it("goes on when two of the reconcilers are killed", async () => {
    await docker("kill", id("reconciler-1"), id("reconciler-3"));
    await deployTitle("With one reconciler");
    expect(await titleOn(2)).toBe("With one reconciler");
    await docker("start", id("reconciler-1"), id("reconciler-3"));
    await deployTitle("With three again");
  });

  it("the surviving gateway serves while the other is dead, which catches up when it is back", async () => {
    await docker("kill", id("gis-gateway-2"));
    await deployTitle("Without the second");
    expect(await titleOn(1)).toBe("Without the second");
    await docker("start", id("gis-gateway-2"));
    await eventually(
      "the second gateway catches up",
      async () => (await titleOn(2).catch(() => "")) === "Without the second",
      120_000,
    );
    // Until its last heartbeat has expired, after 30 seconds, the dead gateway is waited for.
  });

  it("a gateway that is cut off serves what it has, and the new release after it is back", async () => {
    const before = await titleOn(1);
    await docker("network", "disconnect", stack.network, id("nats"));
    // Ports of the gateway stay published: it is the bus that is away.
    expect(await titleOn(1)).toBe(before);
    await stack.edit(
      METADATA,
      changeLayer("cities", (layer) => ({ ...layer, title: "After the cut" })),
    );
    const commit = await stack.push("docs: After the cut");
    expect(await titleOn(1)).toBe(before);
    await docker("network", "connect", "--alias", "nats", stack.network, id("nats"));
    await stack.deploymentOf(commit, "Completed");
    expect(await titleOn(1)).toBe("After the cut");
  });

  it("a reconciler and a gateway that are cut off in the middle of a deployment do no harm", async () => {
    const before = await titleOn(2);
    await cut("gis-gateway-2");
    await stack.edit(
      METADATA,
      changeLayer("cities", (layer) => ({ ...layer, title: "In the middle" })),
    );
    const commit = await stack.push("docs: In the middle");
    // It waits for the answer of the gateway that cannot hear it.
    const { id: deploymentId } = await stack.deploymentOf(commit, "Applying");
    const worker = await eventually("a reconciler works on it", async () => {
      const [name] = await reconcilersThatSay("Starting reconciliation", deploymentId);
      return name;
    });
    await cut(worker);
    expect(await titleInside("gis-gateway-2")).toBe(before);
    await mend("gis-gateway-2", "gis-gateway");
    await eventually(
      "another reconciler completes it",
      async () => {
        const { state, stateHistory } = await stack.deployment(deploymentId);
        if (state === "Completed") return true;
        throw new Error(JSON.stringify(stateHistory));
      },
      90_000,
    );
    await mend(worker, "reconciler");
    await eventually("both serve it", async () => {
      const titles = await Promise.all([titleOn(1), titleOn(2)]);
      return titles.every((title) => title === "In the middle");
    });
    await deployTitle("With everybody back");
    const { stateHistory } = await stack.deployment(deploymentId);
    const edges = stateHistory.map(({ from, to }) => `${from} to ${to}`);
    expect(edges).toEqual([...new Set(edges)]);
    const completers = await reconcilersThatSay("Successfully completed", deploymentId);
    expect(completers).toHaveLength(1);
    expect(completers).not.toContain(worker);
  });

  it("a service is replaced while the others run, without a failed request", async () => {
    const failures = await failuresWhile(async () => {
      for (const name of ["state-1", "reconciler-2", "watcher-1"]) await stack.replace(name);
      await deployTitle("After the upgrade");
    });
    expect(failures).toEqual([]);
    expect((await stack.honua("doctor")).code).toBe(0);
  });
});
