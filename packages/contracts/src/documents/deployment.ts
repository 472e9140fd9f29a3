import { z } from "zod";
import { environmentName, instant, sha256 } from "../environment.ts";
import { bundleReference, commitInfo } from "./bundle.ts";
import { dryRunSummary } from "./dry-run.ts";
import { plan } from "./plan.ts";

export const DEPLOYMENT_STATES = [
  "Pending",
  "Validating",
  "Planning",
  "AwaitingApproval",
  "Applying",
  "PostValidating",
  "Completed",
  "Failed",
  "RollingBack",
  "RolledBack",
] as const;
export const deploymentState = z.enum(DEPLOYMENT_STATES);
export type DeploymentState = z.infer<typeof deploymentState>;

export const FAILURE_REASONS = [
  "InvalidConfiguration",
  "Rejected",
  "ApprovalExpired",
  "Superseded",
  "PrepareFailed",
  "ActivationFailed",
  "VerificationFailed",
  "NoGateway",
  "Internal",
] as const;
export const failureReason = z.enum(FAILURE_REASONS);
export type FailureReason = z.infer<typeof failureReason>;

export const health = z.enum(["Unknown", "Healthy", "Progressing", "Degraded", "Unhealthy"]);
export type Health = z.infer<typeof health>;
export const syncStatus = z.enum(["Unknown", "Synced", "OutOfSync", "Syncing"]);
export type SyncStatus = z.infer<typeof syncStatus>;

/** Subject of an action: a service (`system:reconciler`) or a user (`user:ana@example.com`). */
export const actor = z.string().min(1);

export const stateTransition = z.object({
  from: deploymentState.nullable(),
  to: deploymentState,
  at: instant,
  actor,
  message: z.string(),
});

export const decision = z.object({
  outcome: z.enum(["approved", "rejected"]),
  subject: z.string().min(1),
  recordedBy: z
    .string()
    .min(1)
    .describe("subject of the token, which differs from `subject` if it acts for another"),
  method: z.enum(["token", "oidc", "file"]),
  teams: z
    .array(z.string())
    .optional()
    .describe("teams of the subject at the time of the decision"),
  at: instant,
  reason: z.string().optional(),
  planDigest: sha256,
});
export type Decision = z.infer<typeof decision>;

export const deploymentTrigger = z.enum(["commit", "sync", "rollback"]);

/** Permission of an operator to start a deployment outside its windows. */
export const windowOverride = z.object({ by: actor, reason: z.string().min(1), at: instant });
export type WindowOverride = z.infer<typeof windowOverride>;

/** One attempt to deploy a release to an environment. */
export const deployment = z.object({
  id: z.string().min(1),
  environment: environmentName,
  commit: commitInfo,
  bundle: bundleReference,
  treeHash: z.string(),
  trigger: deploymentTrigger,
  restores: z
    .string()
    .nullable()
    .default(null)
    .describe("the earlier deployment whose release a manual rollback restores"),
  initiatedBy: z.string().min(1),
  state: deploymentState,
  reason: failureReason.nullable(),
  errorMessage: z.string().nullable(),
  version: z.number().int().positive().describe("incremented by each transition"),
  release: sha256.nullable(),
  previousRelease: sha256.nullable(),
  plan: plan.nullable(),
  decisions: z.array(decision),
  approvalExpiresAt: instant.nullable(),
  waitingFor: z.string().nullable(),
  notBefore: instant.nullable(),
  windowOverride: windowOverride.nullable().default(null),
  startedAt: instant,
  completedAt: instant.nullable(),
  updatedAt: instant,
  stateHistory: z.array(stateTransition),
});
export type Deployment = z.infer<typeof deployment>;

/** A deployment as shown in lists and in the state document: with its health, without large fields. */
export const deploymentSummary = z.object({
  id: z.string(),
  environment: environmentName,
  commit: z.string(),
  branch: z.string(),
  state: deploymentState,
  health,
  syncStatus,
  reason: failureReason.nullable(),
  errorMessage: z.string().nullable(),
  startedAt: instant,
  completedAt: instant.nullable(),
  initiatedBy: z.string(),
  trigger: deploymentTrigger.default("commit"),
  restores: z.string().nullable().default(null),
  author: z.string(),
  message: z.string(),
  waitingFor: z.string().nullable().default(null),
  notBefore: instant.nullable().default(null),
  stateHistory: z.array(stateTransition),
});
export type DeploymentSummary = z.infer<typeof deploymentSummary>;

/** Set while an operator pauses new deployments. */
export const environmentPause = z.object({
  reason: z.string().min(1),
  by: actor,
  at: instant,
});
export type EnvironmentPause = z.infer<typeof environmentPause>;

/** Set after a manual rollback: this commit is not deployed again automatically. */
export const environmentHold = z.object({
  commit: z.string(),
  treeHash: z.string().describe("content that is held back, in any commit"),
  deploymentId: z.string().describe("the deployment that performed the rollback"),
  reason: z.string(),
  by: actor,
  at: instant,
});
export type EnvironmentHold = z.infer<typeof environmentHold>;

/** Set after a dead letter: the environment is blocked until a newer commit or a forced sync. */
export const environmentBlock = z.object({
  messageId: z.string().min(1).describe("id of the dead-lettered message"),
  event: z.string().describe("its type, such as `honua.commit.detected.v1`"),
  commit: z.string().nullable().describe("the commit that is not retried automatically"),
  code: z.string(),
  message: z.string(),
  at: instant,
});
export type EnvironmentBlock = z.infer<typeof environmentBlock>;

/** Set while the head of the branch is refused. The environment keeps serving an older commit. */
export const environmentRefusal = z.object({
  commit: z.string(),
  author: z.string(),
  message: z.string(),
  code: z.string().describe("stable code of the reason, such as `commit-unsigned`"),
  reason: z.string().describe("what is wrong and what to do"),
  at: instant,
});
export type EnvironmentRefusal = z.infer<typeof environmentRefusal>;

/** The state document of an environment, as the runbook shows it. */
export const environmentState = z.object({
  environment: environmentName,
  currentDeployment: deploymentSummary.nullable(),
  lastSuccessfulDeployment: deploymentSummary.nullable(),
  deployedCommit: z.string().nullable(),
  deployedRelease: sha256.nullable(),
  latestCommit: z.string().nullable(),
  health,
  syncStatus,
  pause: environmentPause.nullable().default(null),
  hold: environmentHold.nullable().default(null),
  lastDryRun: dryRunSummary.nullable().default(null),
  blocked: environmentBlock.nullable().default(null),
  refusal: environmentRefusal.nullable().default(null),
  lastUpdated: instant,
  history: z.array(deploymentSummary),
});
export type EnvironmentState = z.infer<typeof environmentState>;
