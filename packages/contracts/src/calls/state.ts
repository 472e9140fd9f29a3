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

/** What the reconciler needs to know of an environment before it does anything. */
export const environmentSituation = z.object({
  environment: environmentName,
  active: deployment.nullable().describe("the deployment that is under way or waiting"),
  live: z
    .object({
      deploymentId: z.string(),
      commit: z.string(),
      treeHash: z.string(),
      release: sha256,
    })
    .nullable()
    .describe("the last deployment that was verified"),
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
    .describe("the newest commit that a server which only plans has planned"),
  health,
  syncStatus,
  pause: environmentPause.nullable().default(null).describe("set while new deployments wait"),
  hold: environmentHold.nullable().default(null).describe("what a manual rollback left behind"),
  blocked: environmentBlock
    .nullable()
    .default(null)
    .describe("set after a message was given up; nothing goes on meanwhile"),
  lastChangeAt: instant
    .nullable()
    .default(null)
    .describe("when a deployment last completed or was rolled back"),
});
export type EnvironmentSituation = z.infer<typeof environmentSituation>;

/**
 * Opens a deployment, or returns the one already opened for the same environment, commit, tree and
 * trigger (with the same `requestId` when given by `sync --force`). A newer commit supersedes a
 * deployment that is still Pending or AwaitingApproval, in the same transaction.
 */
export const openDeployment = defineCall("state.open-deployment", {
  summary: "Open a deployment, once.",
  request: z.object({
    environment: environmentName,
    commit: commitInfo,
    treeHash: z.string(),
    bundle: bundleReference,
    trigger: deploymentTrigger,
    initiatedBy: z.string().min(1),
    requestId: z.string().min(1).describe("id of the message that asks; the idempotency key"),
  }),
  response: z.object({
    deployment: deployment
      .nullable()
      .describe("null: already deployed, or held back after a rollback"),
    created: z.boolean(),
    situation: environmentSituation
      .optional()
      .describe("what the environment is like afterwards, so that nobody has to ask"),
  }),
});

/** What a step of a deployment found out. */
const facts = z
  .object({
    release: sha256
      .optional()
      .describe("kept for ever from the object store `releases`, unless it is kept already"),
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
    .describe("milliseconds since it was decided, when it is recorded later than that"),
});

/**
 * Moves a deployment along one legal edge, and along those in `further`, all or none of them; refuses a
 * stale `expectedVersion` and illegal edges.
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
      .describe("names the request, so that asking again after a lost reply does nothing twice"),
    further: z.array(step).max(8).default([]).describe("further steps, in their order"),
  }),
  response: deployment,
});

/**
 * Notes what a deployment waits for without moving it; refuses a stale `expectedVersion`, and does
 * not change the version. The next transition clears the note.
 */
export const noteWaiting = defineCall("state.note-waiting", {
  summary: "Note what a deployment waits for, and until when.",
  request: z.object({
    deploymentId: z.string(),
    expectedVersion: z.number().int().positive(),
    waitingFor: z.string().min(1),
    notBefore: instant.nullable(),
  }),
  response: deployment,
});

/**
 * Keeps a compiled release that is in the object store `releases`, named by its digest; the same
 * digest twice is the same release. It goes through the store, since a message has a limited size.
 * A transition that names a release keeps it as well.
 */
export const storeRelease = defineCall("state.store-release", {
  summary: "Keep a compiled release for ever.",
  request: z.object({ digest: sha256, environment: environmentName }),
  response: z.object({ digest: sha256 }),
});

/** Puts a kept release into the object store `releases`, where a lost broker may have dropped it. */
export const offerRelease = defineCall("state.offer-release", {
  summary: "Put a kept release back into the object store.",
  request: z.object({ digest: sha256 }),
  response: z.object({ digest: sha256 }),
});

export const getDeployment = defineCall("state.get-deployment", {
  summary: "Read one deployment.",
  request: z.object({ deploymentId: z.string() }),
  response: deployment,
});

export const getSituation = defineCall("state.get-situation", {
  summary: "Read what is live and what is under way in an environment.",
  request: z.object({ environment: environmentName }),
  response: environmentSituation,
});

export const listEnvironments = defineCall("state.list-environments", {
  summary: "Every environment that state knows.",
  request: z.object({}),
  response: z.object({ environments: z.array(environmentName) }),
});

export const getEnvironmentState = defineCall("state.get-environment", {
  summary: "The runbook's state document.",
  request: z.object({ environment: environmentName }),
  response: environmentState,
});

/** Records what was observed; emits `environment.drifted` once per change. */
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

/** Records that the watcher saw a commit which changes nothing for the environment. */
export const recordCommitSeen = defineCall("state.record-commit-seen", {
  summary: "Note the newest commit of an environment's branch.",
  request: z.object({ environment: environmentName, commit: z.string(), branch: z.string() }),
  response: z.object({}),
});

/**
 * Records that the watcher refuses the head of an environment's branch, and emits `commit.refused`
 * once for each commit and reason. It stands until another commit is seen or opened.
 */
export const recordCommitRefused = defineCall("state.record-commit-refused", {
  summary: "Record a commit that is not deployed, and why.",
  request: z.object({
    environment: environmentName,
    commit: commitInfo,
    code: z.string().min(1),
    reason: z.string().min(1),
  }),
  response: z.object({}),
});

export const listAwaitingApproval = defineCall("state.list-awaiting-approval", {
  summary: "The deployments that wait for people, the oldest first, by pages.",
  request: z.object({
    environment: environmentName.optional(),
    limit: z.number().int().min(1).max(200).default(50),
    cursor: sequenceCursor.optional().describe("the 'next' of the page before"),
  }),
  response: z.object({
    deployments: z.array(deployment),
    next: sequenceCursor.nullable().default(null),
  }),
});

/**
 * Records one decision on a deployment that awaits it, bound to the digest of its plan, and emits
 * `deploy.approval-given`, `deploy.approved` or `deploy.rejected` in the same transaction. State
 * judges whether the policy lets this person approve.
 */
export const recordDecision = defineCall("state.record-decision", {
  summary: "Record an approval or a rejection.",
  request: z.object({
    deploymentId: z.string(),
    decision: decision.omit({ at: true }),
    identities: z
      .array(z.string())
      .default([])
      .describe("further names of the subject and of whoever records it, such as addresses"),
  }),
  response: deployment,
});

/** Leaves the trace of somebody who may not decide and tried; nothing else comes of it. */
export const recordDeniedDecision = defineCall("state.record-denied-decision", {
  summary: "Record that a decision was not allowed.",
  request: z.object({
    deploymentId: z.string().min(1).max(200),
    subject: z.string().min(1).max(500).describe("in whose name it was tried"),
    recordedBy: z.string().min(1).max(500).describe("the token's subject"),
    choice: decision.shape.outcome,
    message: z.string().max(2_000).describe("why it was not allowed"),
  }),
  response: z.object({}),
});

/**
 * Keeps a message that could not be handled. Its environment is blocked in the same transaction, and
 * a deployment that it was about to work on fails: until a newer commit or a forced sync, nothing
 * goes on there. Nothing else is held up.
 */
export const recordDeadLetter = defineCall("state.record-dead-letter", {
  summary: "Keep a message that no attempt could handle.",
  request: z.object({
    environment: environmentName,
    consumer: z.string(),
    event: z.string().default(""),
    commit: z.string().nullable().default(null).describe("the commit that the message brought"),
    subject: z.string(),
    messageId: z.string(),
    payload: z.string(),
    error: z.object({ code: z.string(), message: z.string() }),
    deliveries: z.number().int().positive(),
  }),
  response: z.object({}),
});

export const getGitopsHealth = defineCall("state.gitops-health", {
  summary: "The health of the whole system, as `/health/gitops` shows it.",
  request: z.object({}),
  response: gitopsHealth,
});
