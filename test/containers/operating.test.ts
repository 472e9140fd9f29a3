import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { changeLayer, METADATA } from "../e2e/sample-layer.ts";
import { eventually } from "../harness/eventually.ts";
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
      60_000,
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

  it("a service is replaced while the others run, without a failed request", async () => {
    const failures = await failuresWhile(async () => {
      for (const name of ["state-1", "reconciler-2", "watcher-1"]) await stack.replace(name);
      await deployTitle("After the upgrade");
    });
    expect(failures).toEqual([]);
    expect((await stack.honua("doctor")).code).toBe(0);
  });
});
