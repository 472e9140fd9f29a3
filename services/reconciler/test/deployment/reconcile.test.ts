import {
  type Deployment,
  type DeploymentState,
  getEnvironmentOverview,
  transitionDeployment,
} from "@honua/contracts";
import { DEFAULT_POLICY } from "@honua/release";
import { type Bus, createLog, PermanentError, reconciliationMetrics } from "@honua/service-kit";
import { describe, expect, it } from "vitest";
import { createReconcile } from "../../src/deployment/reconcile.ts";
import { fail, next, type Step, type StepResult, wait } from "../../src/steps/step.ts";
import type { StepTable } from "../../src/steps/step-table.ts";
import { deployment, SHA, situation } from "../fixtures.ts";

const LIVE = { deploymentId: "older", commit: "c".repeat(40), treeHash: "t", release: SHA("a") };
interface RecordedStep {
  to: DeploymentState;
  facts?: { reason?: Deployment["reason"]; errorMessage?: string };
}

/** Runs the loop against a state service with one deployment; returns the recorded states. */
async function run(options: {
  steps: Partial<Record<keyof StepTable, Step>>;
  live?: typeof LIVE;
  desired?: string;
  policy?: Partial<typeof DEFAULT_POLICY>;
  loseRaceAt?: DeploymentState;
}) {
  let current: Deployment = deployment({ state: "Pending", version: 1 });
  const went: DeploymentState[] = [];
  const recordings: DeploymentState[][] = [];
  const woken: Date[] = [];
  let races = options.loseRaceAt;
  const bus = {
    async call(call: unknown, request: never) {
      if (call === getEnvironmentOverview) {
        const active = ["Completed", "Failed", "RolledBack"].includes(current.state)
          ? null
          : current;
        return situation({ active, live: options.live ?? null });
      }
      if (call !== transitionDeployment) throw new Error("an unexpected call");
      const { expectedVersion, further, ...first } = request as RecordedStep & {
        expectedVersion: number;
        further: RecordedStep[];
      };
      if (races === first.to) {
        races = undefined;
        current = { ...current, version: current.version + 1 };
      }
      if (expectedVersion !== current.version)
        throw new PermanentError("stale-version", "too late");
      recordings.push([first, ...further].map(({ to }) => to));
      for (const { to, facts } of [first, ...further]) {
        current = { ...current, ...facts, state: to, version: current.version + 1 } as Deployment;
        went.push(to);
      }
      return current;
    },
  } as unknown as Bus;
  const to =
    (state: DeploymentState): Step =>
    async () =>
      next(state, "on");
  const steps: StepTable = {
    Pending: to("Validating"),
    Validating: to("Planning"),
    Planning: to("Applying"),
    AwaitingApproval: to("Applying"),
    Applying: to("PostValidating"),
    PostValidating: to("Completed"),
    RollingBack: to("RolledBack"),
    ...options.steps,
  };
  const reconcile = createReconcile({
    bus,
    steps,
    log: createLog({ service: "test", instance: "test", level: "silent" }),
    desired: { current: async () => options.desired, set: async () => {} },
    policy: async () => ({ ...DEFAULT_POLICY, ...options.policy }),
    wakeAt: (_environment, at) => woken.push(at),
    metrics: reconciliationMetrics(),
  });
  const after = await reconcile("production", new AbortController().signal);
  return { went, recordings, woken, current, after };
}

const failing =
  (outcome: StepResult): Step =>
  async () =>
    outcome;
const notVerified = failing(fail("VerificationFailed", "500"));

describe("the reconcile loop", () => {
  it("drives a deployment to its end", async () => {
    const { went, after, current } = await run({ steps: {} });
    expect(went).toEqual(["Validating", "Planning", "Applying", "PostValidating", "Completed"]);
    expect(current.state).toBe("Completed");
    expect(after).toBeUndefined();
  });

  it("records read-only steps with their successor, and steps with effects before they start", async () => {
    const { recordings } = await run({ steps: {} });
    expect(recordings).toEqual([
      ["Validating", "Planning", "Applying"],
      ["PostValidating", "Completed"],
    ]);
  });

  it("records the current state while a read-only step takes long", async () => {
    const slow = await run({
      steps: {
        Validating: async () => {
          await new Promise((resolve) => setTimeout(resolve, 700));
          return next("Planning", "on");
        },
      },
    });
    expect(slow.recordings).toEqual([
      ["Validating"],
      ["Planning", "Applying"],
      ["PostValidating", "Completed"],
    ]);
  });

  it("stops when a step waits, and schedules a wake-up", async () => {
    const until = new Date("2030-01-01T00:00:00Z");
    const { went, woken } = await run({
      steps: {
        Planning: async () => next("AwaitingApproval", "people"),
        AwaitingApproval: async () => wait(until, "people"),
      },
    });
    expect(went).toEqual(["Validating", "Planning", "AwaitingApproval"]);
    expect(woken).toEqual([until]);
  });

  it("rolls back if clients may have seen the new release", async () => {
    const { went, current } = await run({
      steps: { PostValidating: notVerified },
      live: LIVE,
      desired: SHA("b"),
    });
    expect(went.slice(-3)).toEqual(["Failed", "RollingBack", "RolledBack"]);
    expect(current.reason).toBe("VerificationFailed");
  });

  it("does not roll back a release that was never activated", async () => {
    const { went } = await run({
      steps: { Applying: failing(fail("PrepareFailed", "no table")) },
      live: LIVE,
      desired: LIVE.release,
    });
    expect(went.at(-1)).toBe("Failed");
  });

  it("does not roll back a first deployment, or if policy disables it", async () => {
    const first = await run({ steps: { PostValidating: notVerified }, desired: SHA("b") });
    expect(first.went.at(-1)).toBe("Failed");
    const forbidden = await run({
      steps: { PostValidating: notVerified },
      live: LIVE,
      desired: SHA("b"),
      policy: { autoRollback: false },
    });
    expect(forbidden.went.at(-1)).toBe("Failed");
  });

  it("reads the deployment again if another process changed it", async () => {
    const { went } = await run({ steps: {}, loseRaceAt: "Planning" });
    expect(went.at(-1)).toBe("Completed");
  });

  it("fails a deployment after a permanent error in a step", async () => {
    const { current } = await run({
      steps: {
        Validating: async () => {
          throw new PermanentError("corrupt-object", "the bundle does not match its digest");
        },
      },
    });
    expect(current).toMatchObject({
      state: "Failed",
      reason: "Internal",
      errorMessage: "Validating: the bundle does not match its digest",
    });
  });

  it("leaves a deployment unchanged after a transient error in a step", async () => {
    const failure = run({
      steps: {
        Validating: async () => {
          throw new Error("the bus is away");
        },
      },
    });
    await expect(failure).rejects.toThrow("the bus is away");
  });
});
