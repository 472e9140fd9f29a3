import type { Plan } from "@honua/contracts";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type EngineUnderTest, metadataOf, startEngine } from "./engine-under-test.ts";

/** So many changes that their plan exceeds the maximum payload of nats-server, 1 MB. */
const LAYERS = 1_500;
const LONG = "x".repeat(500);

let engine: EngineUnderTest;
beforeAll(async () => {
  engine = await startEngine();
});
afterAll(() => engine?.stop());

it("deploys a commit whose plan exceeds the size of a message, and stores the whole plan", async () => {
  const environment = await engine.createEnvironment();
  const layers = (title: string) =>
    Array.from({ length: LAYERS }, (_, number) => ({ id: `layer-${number}`, title }));
  const first = await environment.publishCommit(metadataOf(...layers(`Before ${LONG}`)));
  await environment.untilState(first, "Completed", "Failed");
  const commit = await environment.publishCommit(metadataOf(...layers(`After ${LONG}`)));
  const deployment = await environment.untilState(commit, "Completed", "Failed");
  expect(deployment).toMatchObject({ state: "Completed", errorMessage: null });
  expect(deployment.plan?.omitted?.changes).toBeGreaterThan(LAYERS / 2);
  const { body } = await engine.askState(`/api/gitops/deployments/${deployment.id}/plan`);
  expect((body as unknown as Plan).changes).toHaveLength(LAYERS);
  const planned = (await environment.events()).findLast(({ type }) => type.includes("planned"));
  expect(planned?.data.changes).toBe(LAYERS);
});
