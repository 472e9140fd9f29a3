import type { Deployment, DeploymentState, FailureReason } from "@honua/contracts";
import { describe, expect, it } from "vitest";
import { exitCodeOf, waitForDeployment } from "../../src/deployments/wait-for-deployment.ts";
import { createProgress } from "../../src/output/progress.ts";

/** A deployment that took these steps. */
function deployment(...states: DeploymentState[]): Deployment {
  const stateHistory = states.map((to, index) => ({
    from: states[index - 1] ?? null,
    to,
    at: `2026-11-21T09:00:0${index}.000Z`,
    actor: "system:reconciler",
    message: `now ${to}`,
  }));
  return { id: "d", state: states.at(-1), stateHistory, waitingFor: null } as Deployment;
}

async function wait(answers: Deployment[], timeoutMs = 60_000) {
  const shown: string[] = [];
  const progress = createProgress({ write: (text: string) => shown.push(text) }, () => 0);
  const ended = await waitForDeployment(
    { get: async () => (answers.length > 1 ? answers.shift() : answers[0]) as never },
    "d",
    { progress, timeoutMs, signal: new AbortController().signal, everyMs: 1 },
  );
  return { ended, shown: shown.join("") };
}

describe("waiting for a deployment", () => {
  it("tells each step once, as plain lines where there is no terminal", async () => {
    const { ended, shown } = await wait([
      deployment("Pending"),
      deployment("Pending", "Validating"),
      deployment("Pending", "Validating"),
      deployment("Pending", "Validating", "Planning", "Applying", "PostValidating", "Completed"),
    ]);
    expect(ended.state).toBe("Completed");
    expect(shown.match(/now Validating/g)).toHaveLength(1);
    expect(shown).toMatch(/^09:00:05 {2}Completed {9}now Completed$/m);
    expect(shown).not.toContain("\u001b");
  });

  it("sees a failure through to the rollback that follows it", async () => {
    const applied: DeploymentState[] = ["Pending", "Applying", "PostValidating", "Failed"];
    const { ended } = await wait([
      deployment(...applied),
      deployment(...applied),
      deployment(...applied, "RollingBack"),
      deployment(...applied, "RollingBack", "RolledBack"),
    ]);
    expect(ended.state).toBe("RolledBack");
  });

  it("stops where people must decide, and where nothing was touched", async () => {
    expect((await wait([deployment("Pending", "AwaitingApproval")])).ended.state).toBe(
      "AwaitingApproval",
    );
    expect((await wait([deployment("Pending", "Validating", "Failed")])).ended.state).toBe(
      "Failed",
    );
  });

  it("gives up in time, and says that the deployment goes on", async () => {
    await expect(wait([deployment("Pending")], 20)).rejects.toThrow(/still Pending.*goes on/);
  });

  it.each<[DeploymentState, FailureReason | null, number]>([
    ["Completed", null, 0],
    ["RolledBack", "VerificationFailed", 1],
    ["Failed", "InvalidConfiguration", 1],
    ["AwaitingApproval", null, 3],
    ["Failed", "Rejected", 4],
    ["Failed", "ApprovalExpired", 4],
  ])("%s (%s) ends with %i", (state, reason, code) => {
    expect(exitCodeOf({ state, reason })).toBe(code);
  });
});

describe("progress on a terminal", () => {
  it("keeps one line that changes below those that stay, and leaves nothing behind", () => {
    let screen = "";
    let now = 0;
    const progress = createProgress(
      { isTTY: true, write: (text: string) => (screen += text) },
      () => now,
    );
    progress.status("Validating");
    now = 2_000;
    progress.line("stays");
    progress.status("Applying");
    progress.done();
    // What a terminal shows in the end: a line is erased by what follows the sequence.
    const left = screen.split("\n").map((line) => line.split("\u001b[2K").at(-1));
    expect(left).toEqual(["stays", ""]);
    expect(screen).toContain("Applying");
  });
});
