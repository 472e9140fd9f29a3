import { desiredBucket } from "@honua/contracts";
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

async function deployed(gateways = 1): Promise<EnvironmentUnderTest> {
  const environment = await engine.environment({ gateways });
  await environment.until(await environment.commit(metadataOf("cities")), "Completed");
  return environment;
}

const driftsOf = async (environment: EnvironmentUnderTest) =>
  (await environment.events()).flatMap(({ type, data }) =>
    type.startsWith("honua.environment.drifted.") ? [`${data.health} ${data.syncStatus}`] : [],
  );

async function observed(environment: EnvironmentUnderTest, health: string, syncStatus: string) {
  return eventually(`${environment.name} is ${health} and ${syncStatus}`, async () => {
    const state = await environment.state();
    return state.health === health && state.syncStatus === syncStatus ? state : undefined;
  });
}

/** Three more looks at the environment, which say nothing new. */
async function threeMoreLooks(environment: EnvironmentUnderTest): Promise<void> {
  let { lastUpdated } = await environment.state();
  for (let look = 0; look < 3; look += 1) {
    lastUpdated = await eventually("another look", async () => {
      const now = (await environment.state()).lastUpdated;
      return now === lastUpdated ? undefined : now;
    });
  }
}

describe("drift", () => {
  it("of a gateway that fell behind is found, named and told once, and so is its end", async () => {
    const environment = await deployed(2);
    const [, second] = environment.gateways;
    await second?.follow(false);
    await second?.report({ observedRelease: "0".repeat(64) });
    await observed(environment, "Degraded", "OutOfSync");
    await threeMoreLooks(environment);
    expect(await driftsOf(environment)).toEqual(["Degraded OutOfSync"]);
    const [told] = (await environment.events()).filter(({ type }) => type.includes("drifted"));
    expect(told?.data.message).toBe("gateways that do not serve the live release: gateway-2");
    expect(engine.logs()).toContainEqual(
      expect.objectContaining({
        level: "warn",
        msg: `Drift in '${environment.name}': gateways that do not serve the live release: gateway-2`,
      }),
    );

    const audit = await engine.ask(`/api/gitops/audit?environment=${environment.name}`);
    expect(audit.body.items).toContainEqual(
      expect.objectContaining({ action: "environment.drift", actor: "system:reconciler" }),
    );

    await second?.follow(true);
    await observed(environment, "Healthy", "Synced");
    await threeMoreLooks(environment);
    expect(await driftsOf(environment)).toEqual(["Degraded OutOfSync", "Healthy Synced"]);
  });

  it("of a table that was dropped under a live layer is found per collection", async () => {
    const environment = await deployed();
    const [gateway] = environment.gateways;
    const message = 'table "public.places" does not exist';
    await gateway?.report({
      collections: [{ collection: "cities", status: "Unhealthy", message }],
    });
    await observed(environment, "Degraded", "Synced");
    await threeMoreLooks(environment);
    expect(await driftsOf(environment)).toEqual(["Degraded Synced"]);
    expect(await engine.healthOf("Gateways")).toBe("Degraded");

    await gateway?.report({ collections: [{ collection: "cities", status: "Healthy" }] });
    await observed(environment, "Healthy", "Synced");
    await threeMoreLooks(environment);
    expect(await driftsOf(environment)).toEqual(["Degraded Synced", "Healthy Synced"]);
  });

  it("of a desired release that somebody changed by hand is set right", async () => {
    const environment = await deployed();
    const [gateway] = environment.gateways;
    const live = (await environment.state()).deployedRelease;
    const desired = await engine.bus.bucket(desiredBucket);
    const entry = await desired.get(environment.name);
    const stray = "f".repeat(64);
    await desired.compareAndSet(
      environment.name,
      {
        environment: environment.name,
        release: stray,
        deploymentId: "by-hand",
        at: new Date().toISOString(),
      },
      entry?.revision ?? 0,
    );
    await eventually("the gateway serves the verified release again", async () => {
      const now = await desired.get(environment.name);
      return now?.value.release === live && gateway?.serves() === live;
    });
    await observed(environment, "Healthy", "Synced");
    expect(engine.logs()).toContainEqual(
      expect.objectContaining({
        msg: "The desired release differs from the last verified release; correcting it",
        desired: stray,
        environment: environment.name,
      }),
    );
  });

  it("of a desired release that was deleted is set right", async () => {
    const environment = await deployed();
    const live = (await environment.state()).deployedRelease;
    const desired = await engine.bus.bucket(desiredBucket);
    await desired.delete(environment.name);
    await eventually("it is there again", async () => {
      return (await desired.get(environment.name))?.value.release === live;
    });
  });

  it("of a gateway that came back with nothing ends when it has caught up", async () => {
    const environment = await deployed();
    const [gateway] = environment.gateways;
    await gateway?.report({ observedRelease: null });
    await observed(environment, "Degraded", "OutOfSync");
    await gateway?.follow(true);
    await observed(environment, "Healthy", "Synced");
  });
});
