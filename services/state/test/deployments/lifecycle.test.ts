import { DEPLOYMENT_STATES, type Deployment, type DeploymentState } from "@honua/contracts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { applyTransition } from "../../src/deployments/apply-transition.ts";
import {
  ACTIVE_STATES,
  ENDED_STATES,
  isActive,
  isLegalEdge,
  LEGAL_EDGES,
} from "../../src/deployments/lifecycle.ts";
import { environmentStatus } from "../../src/environments/environment-status.ts";
import { aPendingDeployment, aPlan, hex } from "../fixtures/deployment-fixtures.ts";

const anyState = fc.constantFrom(...DEPLOYMENT_STATES);
const NOW = new Date("2026-03-01T09:00:00.000Z");

/** A deployment with every fact that any state could ask for. */
function ready(): Deployment {
  const deployment = aPendingDeployment();
  const release = hex(32);
  return {
    ...deployment,
    release,
    plan: aPlan(deployment, release, false),
    approvalExpiresAt: NOW.toISOString(),
  };
}

function decidedOn(deployment: Deployment): Deployment["decisions"] {
  const subject = "ana@example.com";
  const at = NOW.toISOString();
  const planDigest = deployment.plan?.planDigest ?? "";
  const outcome = "approved" as const;
  return [{ outcome, subject, recordedBy: subject, method: "token", at, planDigest }];
}

test("any walk is refused exactly where the table has no edge, and leaves its history", () => {
  fc.assert(
    fc.property(fc.array(anyState, { maxLength: 30 }), (walk) => {
      let deployment = ready();
      deployment = { ...deployment, decisions: decidedOn(deployment) };
      let taken = 0;
      for (const to of walk) {
        const step = { to, actor: "system:test", message: "next" };
        if (!isLegalEdge(deployment.state, to)) {
          const before = deployment;
          expect(() => applyTransition(before, step, NOW)).toThrowError(/cannot become/);
          continue;
        }
        deployment = applyTransition(deployment, step, NOW);
        taken += 1;
        expect(deployment.state).toBe(to);
        expect(deployment.completedAt !== null).toBe(ENDED_STATES.includes(to));
        if (to === "Failed") expect(deployment.reason).not.toBeNull();
      }
      expect(deployment.version).toBe(taken + 1);
      const history = deployment.stateHistory;
      expect(history).toHaveLength(taken + 1);
      for (const [index, { from }] of history.entries()) {
        expect(from).toBe(history[index - 1]?.to ?? null);
      }
    }),
  );
});

test("from every state that is not final an end can be reached", () => {
  const reaches = (state: DeploymentState, seen = new Set<DeploymentState>()): boolean => {
    if (LEGAL_EDGES[state].length === 0) return true;
    if (seen.has(state)) return false;
    return LEGAL_EDGES[state].some((next) => reaches(next, new Set([...seen, state])));
  };
  expect(DEPLOYMENT_STATES.every((state) => reaches(state))).toBe(true);
});

test("whatever is active can fail, and only that; nothing stays in its state", () => {
  for (const state of DEPLOYMENT_STATES) {
    expect(isLegalEdge(state, "Failed")).toBe(isActive(state));
    expect(isLegalEdge(state, state)).toBe(false);
  }
  expect([...ACTIVE_STATES, ...ENDED_STATES].toSorted()).toEqual([...DEPLOYMENT_STATES].toSorted());
});

test("waiting for approval needs a plan and an end of waiting", () => {
  const planning = { ...aPendingDeployment(), state: "Planning" as const };
  const step = { to: "AwaitingApproval" as const, actor: "a", message: "m" };
  expect(() => applyTransition(planning, step, NOW)).toThrowError(/plan and approvalExpiresAt/);
});

test("an approval of another plan does not count", () => {
  const waiting = { ...ready(), state: "AwaitingApproval" as const };
  const decisions = decidedOn(waiting);
  const step = { to: "Applying" as const, actor: "a", message: "m" };
  expect(applyTransition({ ...waiting, decisions }, step, NOW).state).toBe("Applying");
  const facts = { plan: aPlan(waiting, waiting.release ?? "", false) };
  expect(() => applyTransition({ ...waiting, decisions }, { ...step, facts }, NOW)).toThrowError(
    expect.objectContaining({ code: "not-approved" }),
  );
});

test.each([
  ["Pending", null, true, "Progressing", "Syncing"],
  ["AwaitingApproval", null, true, "Healthy", "OutOfSync"],
  ["AwaitingApproval", null, false, "Unknown", "OutOfSync"],
  ["Applying", null, false, "Progressing", "Syncing"],
  ["Completed", null, true, "Healthy", "Synced"],
  ["Failed", "Rejected", true, "Healthy", "OutOfSync"],
  ["Failed", "Superseded", false, "Unknown", "OutOfSync"],
  ["Failed", "ApprovalExpired", true, "Healthy", "OutOfSync"],
  ["Failed", "PrepareFailed", true, "Degraded", "OutOfSync"],
  ["Failed", "InvalidConfiguration", false, "Unhealthy", "OutOfSync"],
  ["RollingBack", "VerificationFailed", true, "Progressing", "Syncing"],
  ["RolledBack", "VerificationFailed", true, "Degraded", "OutOfSync"],
] as const)("%s (%s), live: %s → %s, %s", (state, reason, hasLive, health, syncStatus) => {
  expect(environmentStatus({ state, reason }, hasLive)).toEqual({ health, syncStatus });
});
