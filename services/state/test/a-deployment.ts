import { randomBytes, randomUUID } from "node:crypto";
import {
  type CommitInfo,
  type Deployment,
  type DeploymentState,
  openDeployment,
  type Plan,
  storeRelease,
  transitionDeployment,
} from "@honua/contracts";
import type { Bus } from "@honua/service-kit";
import type { z } from "zod";

export const hex = (bytes: number) => randomBytes(bytes).toString("hex");

/** A name no other test uses. */
export const anEnvironment = () => `env-${hex(4)}`;

export function aCommit(id = hex(20)): CommitInfo {
  return {
    id,
    repository: "https://example.com/honua-config.git",
    branch: "main",
    author: { name: "Ana", email: "ana@example.com" },
    committer: { name: "Ana", email: "ana@example.com" },
    message: "Add a layer of roads",
    committedAt: "2026-03-01T09:00:00.000Z",
  };
}

/** A request to open a deployment of a new commit. */
export function aRequest(
  environment: string,
  over: Partial<z.input<typeof openDeployment.request>> = {},
): z.input<typeof openDeployment.request> {
  return {
    environment,
    commit: aCommit(),
    treeHash: hex(20),
    bundle: { digest: hex(32), bytes: 10, files: 1 },
    trigger: "commit",
    initiatedBy: "system:watcher",
    requestId: randomUUID(),
    ...over,
  };
}

/** A deployment that was just opened, made without a service. */
export function aPendingDeployment(): Deployment {
  const { requestId: _key, ...request } = aRequest(anEnvironment());
  const at = "2026-03-01T09:00:00.000Z";
  return {
    ...request,
    id: "a-deployment",
    state: "Pending",
    reason: null,
    errorMessage: null,
    version: 1,
    release: null,
    restores: null,
    previousRelease: null,
    plan: null,
    decisions: [],
    approvalExpiresAt: null,
    waitingFor: null,
    notBefore: null,
    windowOverride: null,
    startedAt: at,
    completedAt: null,
    updatedAt: at,
    stateHistory: [{ from: null, to: "Pending", at, actor: "system:state", message: "opened" }],
  };
}

export function aPlan(deployment: Deployment, release: string, requiresApproval: boolean): Plan {
  return {
    environment: deployment.environment,
    fromCommit: null,
    toCommit: deployment.commit.id,
    fromRelease: null,
    toRelease: release,
    riskLevel: "Low",
    hasBreakingChanges: false,
    changes: [],
    unavailable: [],
    estimatedDurationSeconds: null,
    decision: { requiresApproval, rule: "default", allowed: true },
    planDigest: hex(32),
  };
}

type Transition = z.input<typeof transitionDeployment.request>;

/** One transition by the reconciler, from the version that `deployment` shows. */
export function toState(
  deployment: Deployment,
  to: DeploymentState,
  facts: Transition["facts"] = {},
): Transition {
  return {
    deploymentId: deployment.id,
    expectedVersion: deployment.version,
    to,
    actor: "system:reconciler",
    message: `on to ${to}`,
    facts,
  };
}

export async function opened(
  bus: Bus,
  request: z.input<typeof openDeployment.request>,
): Promise<Deployment> {
  const { deployment } = await bus.call(openDeployment, request);
  if (!deployment) throw new Error("nothing was opened");
  return deployment;
}

/** Keeps a release of its own and gives its digest. */
export async function keptRelease(bus: Bus, environment: string): Promise<string> {
  const releases = await bus.objects("releases");
  const digest = await releases.put(JSON.stringify({ environment, nonce: hex(8) }));
  await bus.call(storeRelease, { digest, environment });
  return digest;
}

/** Takes a deployment that is Pending to the state asked for, along the usual way. */
export async function driveTo(
  bus: Bus,
  start: Deployment,
  target: "Planning" | "AwaitingApproval" | "Applying" | "Completed" | "RolledBack",
): Promise<Deployment> {
  let deployment = start;
  const step = async (to: DeploymentState, facts: Transition["facts"] = {}) => {
    deployment = await bus.call(transitionDeployment, toState(deployment, to, facts));
  };
  await step("Validating");
  const release = await keptRelease(bus, start.environment);
  await step("Planning", { release });
  if (target === "Planning") return deployment;
  if (target === "AwaitingApproval") {
    await step("AwaitingApproval", {
      plan: aPlan(deployment, release, true),
      approvalExpiresAt: new Date(Date.now() + 3_600_000).toISOString(),
    });
    return deployment;
  }
  await step("Applying", { plan: aPlan(deployment, release, false) });
  if (target === "Applying") return deployment;
  await step("PostValidating");
  if (target === "Completed") {
    await step("Completed");
    return deployment;
  }
  await step("Failed", { reason: "VerificationFailed", errorMessage: "roads answered 500" });
  await step("RollingBack");
  await step("RolledBack");
  return deployment;
}

export async function deployed(
  bus: Bus,
  request: z.input<typeof openDeployment.request>,
): Promise<Deployment> {
  return driveTo(bus, await opened(bus, request), "Completed");
}
