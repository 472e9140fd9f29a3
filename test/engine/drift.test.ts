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

async function deployedEnvironment(gateways = 1): Promise<EnvironmentUnderTest> {
  const environment = await engine.createEnvironment({ gateways });
  await environment.untilState(await environment.publishCommit(metadataOf("cities")), "Completed");
  return environment;
}

const driftsOf = async (environment: EnvironmentUnderTest) =>
  (await environment.events()).flatMap(({ type, data }) =>
    type.startsWith("honua.environment.drifted.") ? [`${data.health} ${data.syncStatus}`] : [],
  );

async function untilObserved(
  environment: EnvironmentUnderTest,
  health: string,
  syncStatus: string,
) {
  return eventually(`${environment.name} is ${health} and ${syncStatus}`, async () => {
    const state = await environment.state();
    return state.health === health && state.syncStatus === syncStatus ? state : undefined;
  });
}

/** Waits until the reconciler has observed the environment three more times. */
async function untilThreeMoreObservations(environment: EnvironmentUnderTest): Promise<void> {
  let { lastUpdated } = await environment.state();
  for (let count = 0; count < 3; count += 1) {
    lastUpdated = await eventually("another observation", async () => {
      const now = (await environment.state()).lastUpdated;
      return now === lastUpdated ? undefined : now;
    });
  }
}

describe("drift", () => {
  it("is reported once with the name of the gateway, and so is its end", async () => {
    const environment = await deployedEnvironment(2);
    const [, second] = environment.gateways;
    await second?.setFollowing(false);
    await second?.reportStatus({ observedRelease: "0".repeat(64) });
    await untilObserved(environment, "Degraded", "OutOfSync");
    await untilThreeMoreObservations(environment);
    expect(await driftsOf(environment)).toEqual(["Degraded OutOfSync"]);
    const [drift] = (await environment.events()).filter(({ type }) => type.includes("drifted"));
    expect(drift?.data.message).toBe("gateways that do not serve the live release: gateway-2");
    expect(engine.logs()).toContainEqual(
      expect.objectContaining({
        level: "warn",
        msg: `Drift in '${environment.name}': gateways that do not serve the live release: gateway-2`,
      }),
    );

    const audit = await engine.askState(`/api/gitops/audit?environment=${environment.name}`);
    expect(audit.body.items).toContainEqual(
      expect.objectContaining({ action: "environment.drift", actor: "system:reconciler" }),
    );

    await second?.setFollowing(true);
    await untilObserved(environment, "Healthy", "Synced");
    await untilThreeMoreObservations(environment);
    expect(await driftsOf(environment)).toEqual(["Degraded OutOfSync", "Healthy Synced"]);
  });

  it("is detected for the collection whose table was dropped", async () => {
    const environment = await deployedEnvironment();
    const [gateway] = environment.gateways;
    const message = 'table "public.places" does not exist';
    await gateway?.reportStatus({
      collections: [{ collection: "cities", status: "Unhealthy", message }],
    });
    await untilObserved(environment, "Degraded", "Synced");
    await untilThreeMoreObservations(environment);
    expect(await driftsOf(environment)).toEqual(["Degraded Synced"]);
    expect(await engine.healthOf("Gateways")).toBe("Degraded");

    await gateway?.reportStatus({ collections: [{ collection: "cities", status: "Healthy" }] });
    await untilObserved(environment, "Healthy", "Synced");
    await untilThreeMoreObservations(environment);
    expect(await driftsOf(environment)).toEqual(["Degraded Synced", "Healthy Synced"]);
  });

  it("is corrected if the desired release was changed manually", async () => {
    const environment = await deployedEnvironment();
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
        deploymentId: "manual-change",
        at: new Date().toISOString(),
      },
      entry?.revision ?? 0,
    );
    await eventually("the gateway serves the verified release again", async () => {
      const now = await desired.get(environment.name);
      return now?.value.release === live && gateway?.servedRelease() === live;
    });
    await untilObserved(environment, "Healthy", "Synced");
    expect(engine.logs()).toContainEqual(
      expect.objectContaining({
        msg: "The desired release differs from the last verified release; correcting it",
        desired: stray,
        environment: environment.name,
      }),
    );
  });

  it("is corrected if the desired release was deleted", async () => {
    const environment = await deployedEnvironment();
    const live = (await environment.state()).deployedRelease;
    const desired = await engine.bus.bucket(desiredBucket);
    await desired.delete(environment.name);
    await eventually("the desired release is restored", async () => {
      return (await desired.get(environment.name))?.value.release === live;
    });
  });

  it("ends when a restarted gateway serves the release again", async () => {
    const environment = await deployedEnvironment();
    const [gateway] = environment.gateways;
    await gateway?.reportStatus({ observedRelease: null });
    await untilObserved(environment, "Degraded", "OutOfSync");
    await gateway?.setFollowing(true);
    await untilObserved(environment, "Healthy", "Synced");
  });
});
