import { commitDetected, openDeployment, recordDryRun, wrapEvent } from "@honua/contracts";
import { createLog } from "@honua/service-kit";
import { describe, expect, it } from "vitest";
import { createDryRunCommit } from "../../src/dry-run/dry-run-commit.ts";
import type { CommitPlan } from "../../src/dry-run/plan-commit.ts";
import { createLaneMessageHandler } from "../../src/lanes/handle-lane-message.ts";
import { deployment, plan, situation } from "../fixtures.ts";

const log = createLog({ service: "test", instance: "test", level: "silent" });

function detected(over: { dryRun?: boolean; requestedBy?: string } = {}) {
  const { commit, bundle, treeHash } = deployment();
  return wrapEvent(commitDetected, {
    id: "message-1",
    source: "honua/watcher",
    environment: "production",
    time: "2026-11-22T14:30:22.000Z",
    data: {
      commit,
      previousCommit: null,
      treeHash,
      bundle,
      changedFiles: [],
      historyRewritten: false,
      detectedBy: "poll",
      ...over,
    },
  });
}

/** Handles a message and returns the calls that it causes. */
async function handled(
  event: ReturnType<typeof detected>,
  options: { onlyPlans: boolean; found?: CommitPlan },
) {
  const calls: [string, unknown][] = [];
  const bus = {
    call: async ({ name }: { name: string }, request: unknown) => {
      calls.push([name, request]);
      if (name === "state.get-situation") return situation();
      return name === openDeployment.name ? { deployment: null, created: false } : { id: "dry" };
    },
  } as never;
  let reconciled = 0;
  const handle = createLaneMessageHandler({
    bus,
    log,
    reconcile: async () => {
      reconciled += 1;
      return situation();
    },
    correctDrift: async () => {},
    dryRun: createDryRunCommit({
      bus,
      log,
      planCommit: async () => options.found ?? { plan: plan() },
    }),
    isDryRunServer: options.onlyPlans,
  });
  const message = { environment: "production", event } as Parameters<typeof handle>[0];
  await handle(message, new AbortController().signal);
  const changing = calls.filter(([name]) => name !== "state.get-situation");
  return { names: changing.map(([name]) => name), calls: new Map(changing), reconciled };
}

describe("a dry run", () => {
  it("records the plan without opening or reconciling a deployment", async () => {
    const event = detected({ dryRun: true, requestedBy: "user:ana" });
    const { names, calls, reconciled } = await handled(event, { onlyPlans: false });
    expect(names).toEqual([recordDryRun.name]);
    expect(calls.get(recordDryRun.name)).toMatchObject({
      trigger: "sync",
      initiatedBy: "user:ana",
      requestId: "message-1",
      plan: plan(),
      errorMessage: null,
    });
    expect(reconciled).toBe(0);
  });

  it("records the problems of an invalid commit", async () => {
    const found = { errorMessage: "metadata.json:1:1 no" };
    const { calls } = await handled(detected({ dryRun: true }), { onlyPlans: false, found });
    expect(calls.get(recordDryRun.name)).toMatchObject({ plan: null, ...found });
  });

  it("records the riskiest changes of a plan that exceeds the message size", async () => {
    const changes = Array.from({ length: 20_000 }, (_, number) => ({
      action: "added" as const,
      type: "layer" as const,
      id: `layer-${number}`,
      path: `/services/0/layers/${number}`,
      file: "environments/production/metadata.json",
      before: null,
      after: null,
      risk: "Medium" as const,
      breaking: false,
      reason: "a new collection",
    }));
    const found = { plan: plan({ changes }) };
    const { calls } = await handled(detected({ dryRun: true }), { onlyPlans: false, found });
    const recorded = JSON.stringify(calls.get(recordDryRun.name));
    expect(recorded.length).toBeLessThan(1_000_000);
    expect(recorded).toContain('"omitted"');
  });

  it("applies to every commit on a server in dry-run mode", async () => {
    const { names, calls } = await handled(detected(), { onlyPlans: true });
    expect(names).toEqual([recordDryRun.name]);
    expect(calls.get(recordDryRun.name)).toMatchObject({
      trigger: "commit",
      initiatedBy: "GitWatcher",
    });
  });

  it("does not apply to other commits", async () => {
    const { names, reconciled } = await handled(detected(), { onlyPlans: false });
    expect(names).toEqual([openDeployment.name]);
    expect(reconciled).toBe(1);
  });
});
