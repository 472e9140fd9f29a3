import type { Deployment, DeploymentState, FailureReason } from "@honua/contracts";
import { describe, expect, it } from "vitest";
import {
  exitCodeOfDeployment,
  waitForDeployment,
} from "../../src/deployments/wait-for-deployment.ts";
import { createProgress } from "../../src/output/progress.ts";

/** A deployment that went through these states. */
function deploymentWith(...states: DeploymentState[]): Deployment {
  const stateHistory = states.map((to, index) => ({
    from: states[index - 1] ?? null,
    to,
    at: `2026-11-21T09:00:0${index}.000Z`,
    actor: "system:reconciler",
    message: `now ${to}`,
  }));
  return { id: "d", state: states.at(-1), stateHistory, waitingFor: null } as Deployment;
}

/** Waits for a deployment while the API returns these deployments in order. */
async function waitFor(responses: Deployment[], timeoutMs = 60_000) {
  const shown: string[] = [];
  const progress = createProgress({ write: (text: string) => shown.push(text) }, () => 0);
  const settled = await waitForDeployment(
    { get: async () => (responses.length > 1 ? responses.shift() : responses[0]) as never },
    "d",
    { progress, timeoutMs, signal: new AbortController().signal, pollIntervalMs: 1 },
  );
  return { settled, shown: shown.join("") };
}

describe("waitForDeployment", () => {
  it("prints each transition once, as plain lines without a terminal", async () => {
    const { settled, shown } = await waitFor([
      deploymentWith("Pending"),
      deploymentWith("Pending", "Validating"),
      deploymentWith("Pending", "Validating"),
      deploymentWith(
        ...(["Pending", "Validating", "Planning", "Applying", "PostValidating"] as const),
        "Completed",
      ),
    ]);
    expect(settled.state).toBe("Completed");
    expect(shown.match(/now Validating/g)).toHaveLength(1);
    expect(shown).toMatch(/^09:00:05 {2}Completed {9}now Completed$/m);
    expect(shown).not.toContain("\u001b");
  });

  it("escapes control characters in the messages of transitions", async () => {
    const completed = deploymentWith("Completed");
    completed.stateHistory = completed.stateHistory.map((transition) => ({
      ...transition,
      message: "\u001b[1A\u001b[2Kspoofed \u202e",
    }));
    const { shown } = await waitFor([completed]);
    expect(shown).toContain("\\x1b[1A\\x1b[2Kspoofed \\u202e");
    expect(shown).not.toContain("\u001b");
  });

  it("waits for the rollback that follows a failure", async () => {
    const applied: DeploymentState[] = ["Pending", "Applying", "PostValidating", "Failed"];
    const { settled } = await waitFor([
      deploymentWith(...applied),
      deploymentWith(...applied),
      deploymentWith(...applied, "RollingBack"),
      deploymentWith(...applied, "RollingBack", "RolledBack"),
    ]);
    expect(settled.state).toBe("RolledBack");
  });

  it("returns when approval is needed, and after a failure before anything was applied", async () => {
    const awaiting = await waitFor([deploymentWith("Pending", "AwaitingApproval")]);
    expect(awaiting.settled.state).toBe("AwaitingApproval");
    const failed = await waitFor([deploymentWith("Pending", "Validating", "Failed")]);
    expect(failed.settled.state).toBe("Failed");
  });

  it("fails after the timeout and reports that the deployment continues", async () => {
    await expect(waitFor([deploymentWith("Pending")], 20)).rejects.toThrow(
      /still Pending.*continues/,
    );
  });

  it.each<[DeploymentState, FailureReason | null, number]>([
    ["Completed", null, 0],
    ["RolledBack", "VerificationFailed", 1],
    ["Failed", "InvalidConfiguration", 1],
    ["AwaitingApproval", null, 3],
    ["Failed", "Rejected", 4],
    ["Failed", "ApprovalExpired", 4],
  ])("%s (%s) has exit code %i", (state, reason, code) => {
    expect(exitCodeOfDeployment({ state, reason })).toBe(code);
  });
});
