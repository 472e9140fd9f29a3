import {
  type Deployment,
  deployApplying,
  deployApprovalExpired,
  deployApprovalRequested,
  deployCompleted,
  deployCreated,
  deployFailed,
  deployPlanned,
  deployRolledBack,
  type EventDefinition,
} from "@honua/contracts";
import type { z } from "zod";
import { workingTimeMs } from "./working-time.ts";

/** The maximum length of an error message in an event, because the bus limits the message size. */
const MAX_ERROR_CHARACTERS = 8_000;

/** An event that is not in the outbox yet. */
export interface PendingEvent {
  event: EventDefinition;
  data: unknown;
}

/** The events of one transition, in order. */
export function transitionEvents(before: Deployment, after: Deployment): PendingEvent[] {
  return [...planEvents(before, after), ...stateEvents(after)];
}

/** The fields that all deployment events share. */
export function eventBase({ id, commit, state, version }: Deployment) {
  return { deploymentId: id, commit: commit.id, state, version };
}

/** The event of a new deployment. */
export function creationEvent(deployment: Deployment): PendingEvent {
  return pendingEvent(deployCreated, {
    ...eventBase(deployment),
    initiatedBy: deployment.initiatedBy,
  });
}

function planEvents(before: Deployment, { plan, ...after }: Deployment): PendingEvent[] {
  if (!plan || plan.planDigest === before.plan?.planDigest) return [];
  return [
    pendingEvent(deployPlanned, {
      ...eventBase({ plan, ...after }),
      planDigest: plan.planDigest,
      riskLevel: plan.riskLevel,
      changes: plan.changes.length + (plan.omitted?.changes ?? 0),
      requiresApproval: plan.decision.requiresApproval,
    }),
  ];
}

function stateEvents(after: Deployment): PendingEvent[] {
  const base = eventBase(after);
  const reason = after.reason ?? "Internal";
  switch (after.state) {
    case "AwaitingApproval":
      return after.plan && after.approvalExpiresAt
        ? [
            pendingEvent(deployApprovalRequested, {
              ...base,
              planDigest: after.plan.planDigest,
              riskLevel: after.plan.riskLevel,
              expiresAt: after.approvalExpiresAt,
            }),
          ]
        : [];
    case "Applying":
      return after.release
        ? [pendingEvent(deployApplying, { ...base, release: after.release })]
        : [];
    case "Completed":
      return after.release
        ? [
            pendingEvent(deployCompleted, {
              ...base,
              release: after.release,
              durationMs: workingTimeMs(after.stateHistory),
            }),
          ]
        : [];
    case "Failed":
      return [
        ...(reason === "ApprovalExpired" ? [pendingEvent(deployApprovalExpired, base)] : []),
        pendingEvent(deployFailed, {
          ...base,
          reason,
          errorMessage: truncateError(after.errorMessage ?? ""),
        }),
      ];
    case "RolledBack":
      return [pendingEvent(deployRolledBack, { ...base, release: after.previousRelease, reason })];
    default:
      return [];
  }
}

function truncateError(text: string): string {
  return text.length > MAX_ERROR_CHARACTERS ? `${text.slice(0, MAX_ERROR_CHARACTERS)}…` : text;
}

function pendingEvent<Data extends z.ZodType>(
  event: EventDefinition<Data>,
  data: z.input<Data>,
): PendingEvent {
  return { event, data };
}
