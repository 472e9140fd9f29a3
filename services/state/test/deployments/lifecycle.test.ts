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
import { pendingDeployment, planOf, randomHex } from "../fixtures/deployment-fixtures.ts";

const anyState = fc.constantFrom(...DEPLOYMENT_STATES);
const NOW = new Date("2026-03-01T09:00:00.000Z");

/** A deployment that has the facts of every state. */
function ready(): Deployment {
  const deployment = pendingDeployment();
  const release = randomHex(32);
  return {
    ...deployment,
    release,
    plan: planOf(deployment, release, false),
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

test("refuses exactly the transitions that the table lacks, and records the history", () => {
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

test("reaches an end state from every state that is not final", () => {
  const reaches = (state: DeploymentState, seen = new Set<DeploymentState>()): boolean => {
    if (LEGAL_EDGES[state].length === 0) return true;
    if (seen.has(state)) return false;
    return LEGAL_EDGES[state].some((next) => reaches(next, new Set([...seen, state])));
  };
  expect(DEPLOYMENT_STATES.every((state) => reaches(state))).toBe(true);
});

test("allows only active states to fail, and no state to follow itself", () => {
  for (const state of DEPLOYMENT_STATES) {
    expect(isLegalEdge(state, "Failed")).toBe(isActive(state));
    expect(isLegalEdge(state, state)).toBe(false);
  }
  expect([...ACTIVE_STATES, ...ENDED_STATES].toSorted()).toEqual([...DEPLOYMENT_STATES].toSorted());
});

test("requires a plan and an expiry time for AwaitingApproval", () => {
  const planning = { ...pendingDeployment(), state: "Planning" as const };
  const step = { to: "AwaitingApproval" as const, actor: "a", message: "m" };
  expect(() => applyTransition(planning, step, NOW)).toThrowError(/plan and approvalExpiresAt/);
});

test("ignores an approval of another plan", () => {
  const waiting = { ...ready(), state: "AwaitingApproval" as const };
  const decisions = decidedOn(waiting);
  const step = { to: "Applying" as const, actor: "a", message: "m" };
  expect(applyTransition({ ...waiting, decisions }, step, NOW).state).toBe("Applying");
  const facts = { plan: planOf(waiting, waiting.release ?? "", false) };
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
