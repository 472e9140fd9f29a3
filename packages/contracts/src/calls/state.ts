import { z } from "zod";
import { defineCall } from "../define.ts";
import { bundleReference, commitInfo } from "../documents/bundle.ts";
import {
  actor,
  decision,
  deployment,
  deploymentState,
  deploymentTrigger,
  environmentBlock,
  environmentHold,
  environmentPause,
  environmentState,
  failureReason,
  health,
  syncStatus,
} from "../documents/deployment.ts";
import { plan } from "../documents/plan.ts";
import { environmentName, instant, sequenceCursor, sha256 } from "../environment.ts";
import { gitopsHealth } from "../http/health.ts";

/** Everything that the reconciler reads about an environment before it acts. */
export const environmentOverview = z.object({
  environment: environmentName,
  active: deployment.nullable().describe("the deployment in progress or waiting"),
  live: z
    .object({
      deploymentId: z.string(),
      commit: z.string(),
      treeHash: z.string(),
      release: sha256,
    })
    .nullable()
    .describe("the last verified deployment"),
  medianDurationMs: z.number().nonnegative().nullable(),
  latest: z
    .object({
      deploymentId: z.string(),
      commit: z.string(),
      treeHash: z.string(),
      state: deploymentState,
    })
    .nullable(),
  lastDryRun: z
    .object({ commit: z.string(), treeHash: z.string() })
    .nullable()
    .optional()
    .describe("the newest commit that was planned while `GitOps.DryRun` is set"),
  health,
  syncStatus,
  pause: environmentPause.nullable().default(null).describe("set while new deployments are paused"),
  hold: environmentHold
    .nullable()
    .default(null)
    .describe("set after a manual rollback, for the commit that is held back"),
  blocked: environmentBlock
    .nullable()
    .default(null)
    .describe("set after a dead letter; the environment does not proceed meanwhile"),
  lastChangeAt: instant
    .nullable()
    .default(null)
    .describe("when a deployment last completed or was rolled back"),
});
export type EnvironmentOverview = z.infer<typeof environmentOverview>;

/**
 * Opens a deployment, or returns the one that was already opened for the same environment, commit,
 * tree and trigger (for `sync --force`: also the same `requestId`). A newer commit supersedes a
 * deployment that is still Pending or AwaitingApproval, in the same transaction.
 */
export const openDeployment = defineCall("state.open-deployment", {
  summary: "Open a deployment (idempotent).",
  request: z.object({
    environment: environmentName,
    commit: commitInfo,
    treeHash: z.string(),
    bundle: bundleReference,
    trigger: deploymentTrigger,
    initiatedBy: z.string().min(1),
    requestId: z.string().min(1).describe("id of the request message, used as idempotency key"),
  }),
  response: z.object({
    deployment: deployment
      .nullable()
      .describe("null: already deployed, or held back after a rollback"),
    created: z.boolean(),
    situation: environmentOverview
      .optional()
      .describe("the situation of the environment afterwards, which saves a second call"),
  }),
});

/** The results of one step of a deployment. */
const facts = z
  .object({
    release: sha256
      .optional()
      .describe("archived permanently from the object store `releases`, unless already archived"),
    plan: plan.optional(),
    reason: failureReason.optional(),
    errorMessage: z.string().optional(),
    approvalExpiresAt: instant.optional(),
    waitingFor: z.string().nullable().optional(),
    notBefore: instant.nullable().optional(),
  })
  .default({});

const step = z.object({
  to: deploymentState,
  actor,
  message: z.string(),
  facts,
  agoMs: z
    .number()
    .nonnegative()
    .default(0)
    .describe("milliseconds between the decision and this request, if recorded later"),
});

/**
 * Moves a deployment along one legal edge and along those in `further`, atomically. Refuses a stale
 * `expectedVersion` and illegal edges.
 */
export const transitionDeployment = defineCall("state.transition", {
  summary: "Move a deployment to its next state.",
  request: step.extend({
    deploymentId: z.string(),
    expectedVersion: z.number().int().positive(),
    requestId: z
      .string()
      .min(1)
      .max(100)
      .optional()
      .describe("idempotency key, so that a retry after a lost reply has no second effect"),
    further: z.array(step).max(8).default([]).describe("further transitions, in order"),
  }),
  response: deployment,
});

/**
 * Records what a deployment waits for without changing its state. Refuses a stale
 * `expectedVersion` and does not change the version. The next transition clears the record.
 */
export const reportWaiting = defineCall("state.note-waiting", {
  summary: "Record what a deployment waits for, and until when.",
  request: z.object({
    deploymentId: z.string(),
    expectedVersion: z.number().int().positive(),
    waitingFor: z.string().min(1),
    notBefore: instant.nullable(),
  }),
  response: deployment,
});

/**
 * Archives a compiled release from the object store `releases`, where its name is its digest. The
 * call is idempotent. The release is passed through the object store because the size of a message
 * is limited. A transition that names a release archives it too.
 */
export const archiveRelease = defineCall("state.store-release", {
  summary: "Archive a compiled release permanently.",
  request: z.object({ digest: sha256, environment: environmentName }),
  response: z.object({ digest: sha256 }),
});

/** Restores an archived release to the object store `releases`, which may have lost it with its broker. */
export const republishRelease = defineCall("state.offer-release", {
  summary: "Restore an archived release to the object store.",
  request: z.object({ digest: sha256 }),
  response: z.object({ digest: sha256 }),
});

export const getDeployment = defineCall("state.get-deployment", {
  summary: "Read one deployment.",
  request: z.object({ deploymentId: z.string() }),
  response: deployment,
});

export const getEnvironmentOverview = defineCall("state.get-situation", {
  summary: "Read the live and the active deployment of an environment.",
  request: z.object({ environment: environmentName }),
  response: environmentOverview,
});

export const listEnvironments = defineCall("state.list-environments", {
  summary: "List all environments.",
  request: z.object({}),
  response: z.object({ environments: z.array(environmentName) }),
});

export const getEnvironmentState = defineCall("state.get-environment", {
  summary: "Read the state document of an environment, as the runbook shows it.",
  request: z.object({ environment: environmentName }),
  response: environmentState,
});

/** Records an observation and emits `environment.drifted` once per change. */
export const reportObservation = defineCall("state.report-observation", {
  summary: "Record the observed health and sync of an environment.",
  request: z.object({
    environment: environmentName,
    health,
    syncStatus,
    message: z.string(),
  }),
  response: z.object({ changed: z.boolean() }),
});

/** Records a commit that does not change the files of the environment. */
export const recordCommitSeen = defineCall("state.record-commit-seen", {
  summary: "Record the newest commit of an environment's branch.",
  request: z.object({ environment: environmentName, commit: z.string(), branch: z.string() }),
  response: z.object({}),
});

/**
 * Records that the watcher refuses the head of an environment's branch, and emits `commit.refused`
 * once per commit and reason. The refusal is cleared when another commit is seen or opened.
 */
export const recordCommitRefused = defineCall("state.record-commit-refused", {
  summary: "Record a refused commit and the reason.",
  request: z.object({
    environment: environmentName,
    commit: commitInfo,
    code: z.string().min(1),
    reason: z.string().min(1),
  }),
  response: z.object({}),
});

export const listAwaitingApproval = defineCall("state.list-awaiting-approval", {
  summary: "List the deployments that need approval, oldest first, in pages.",
  request: z.object({
    environment: environmentName.optional(),
    limit: z.number().int().min(1).max(200).default(50),
    cursor: sequenceCursor.optional().describe("the 'next' of the previous page"),
  }),
  response: z.object({
    deployments: z.array(deployment),
    next: sequenceCursor.nullable().default(null),
  }),
});

/**
 * Records one decision on a deployment that needs approval, bound to the digest of its plan, and
 * emits `deploy.approval-given`, `deploy.approved` or `deploy.rejected` in the same transaction.
 * State checks that the policy allows this approver.
 */
export const recordDecision = defineCall("state.record-decision", {
  summary: "Record an approval or a rejection.",
  request: z.object({
    deploymentId: z.string(),
    decision: decision.omit({ at: true }),
    identities: z
      .array(z.string())
      .default([])
      .describe("further identities of the subject and of the recorder, such as email addresses"),
  }),
  response: deployment,
});

/** Records an unauthorized attempt to decide. It has no other effect. */
export const recordDeniedDecision = defineCall("state.record-denied-decision", {
  summary: "Record a denied decision.",
  request: z.object({
    deploymentId: z.string().min(1).max(200),
    subject: z.string().min(1).max(500).describe("subject of the attempted decision"),
    recordedBy: z.string().min(1).max(500).describe("subject of the token"),
    choice: decision.shape.outcome,
    message: z.string().max(2_000).describe("why it was denied"),
  }),
  response: z.object({}),
});

/**
 * Stores a dead letter. In the same transaction its environment is blocked until a newer commit or a
 * forced sync, and the deployment of the message fails. Other environments are not affected.
 */
export const recordDeadLetter = defineCall("state.record-dead-letter", {
  summary: "Store a message that failed all delivery attempts.",
  request: z.object({
    environment: environmentName,
    consumer: z.string(),
    event: z.string().default(""),
    commit: z.string().nullable().default(null).describe("the commit in the message"),
    subject: z.string(),
    messageId: z.string(),
    payload: z.string(),
    error: z.object({ code: z.string(), message: z.string() }),
    deliveries: z.number().int().positive(),
  }),
  response: z.object({}),
});

export const getGitopsHealth = defineCall("state.gitops-health", {
  summary: "Read the health of the whole system, as `/health/gitops` shows it.",
  request: z.object({}),
  response: gitopsHealth,
});
