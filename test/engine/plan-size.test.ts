import type { Plan } from "@honua/contracts";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type EngineUnderTest, metadataOf, startEngine } from "./engine-under-test.ts";

/** Changes whose plan is more than the megabyte that a message of this nats-server may have. */
const LAYERS = 1_500;
const LONG = "x".repeat(500);

let engine: EngineUnderTest;
beforeAll(async () => {
  engine = await startEngine();
});
afterAll(() => engine?.stop());

it("deploys a commit whose plan is larger than a message, and keeps all of it", async () => {
  const environment = await engine.environment();
  const layers = (title: string) =>
    Array.from({ length: LAYERS }, (_, number) => ({ id: `layer-${number}`, title }));
  const first = await environment.commit(metadataOf(...layers(`As it was ${LONG}`)));
  await environment.until(first, "Completed", "Failed");
  const commit = await environment.commit(metadataOf(...layers(`As it is ${LONG}`)));
  const deployment = await environment.until(commit, "Completed", "Failed");
  expect(deployment).toMatchObject({ state: "Completed", errorMessage: null });
  expect(deployment.plan?.omitted?.changes).toBeGreaterThan(LAYERS / 2);
  const { body } = await engine.ask(`/api/gitops/deployments/${deployment.id}/plan`);
  expect((body as unknown as Plan).changes).toHaveLength(LAYERS);
  const planned = (await environment.events()).findLast(({ type }) => type.includes("planned"));
  expect(planned?.data.changes).toBe(LAYERS);
}, 120_000);
