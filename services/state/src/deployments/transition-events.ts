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

/** Characters of an error that an event carries; a message must fit the bus. */
const ERROR_CHARACTERS = 8_000;

/** An event to be put on the bus. */
export interface PendingEvent {
  event: EventDefinition;
  data: unknown;
}

/** The events that one transition gives rise to, in their order. */
export function transitionEvents(before: Deployment, after: Deployment): PendingEvent[] {
  return [...planEvents(before, after), ...stateEvents(after)];
}

/** What every deployment event says. */
export function about({ id, commit, state, version }: Deployment) {
  return { deploymentId: id, commit: commit.id, state, version };
}

/** The event of a deployment that was just opened. */
export function creationEvent(deployment: Deployment): PendingEvent {
  return of(deployCreated, { ...about(deployment), initiatedBy: deployment.initiatedBy });
}

function planEvents(before: Deployment, { plan, ...after }: Deployment): PendingEvent[] {
  if (!plan || plan.planDigest === before.plan?.planDigest) return [];
  return [
    of(deployPlanned, {
      ...about({ plan, ...after }),
      planDigest: plan.planDigest,
      riskLevel: plan.riskLevel,
      changes: plan.changes.length + (plan.omitted?.changes ?? 0),
      requiresApproval: plan.decision.requiresApproval,
    }),
  ];
}

function stateEvents(after: Deployment): PendingEvent[] {
  const base = about(after);
  const reason = after.reason ?? "Internal";
  switch (after.state) {
    case "AwaitingApproval":
      return after.plan && after.approvalExpiresAt
        ? [
            of(deployApprovalRequested, {
              ...base,
              planDigest: after.plan.planDigest,
              riskLevel: after.plan.riskLevel,
              expiresAt: after.approvalExpiresAt,
            }),
          ]
        : [];
    case "Applying":
      return after.release ? [of(deployApplying, { ...base, release: after.release })] : [];
    case "Completed":
      return after.release
        ? [
            of(deployCompleted, {
              ...base,
              release: after.release,
              durationMs: workingTimeMs(after.stateHistory),
            }),
          ]
        : [];
    case "Failed":
      return [
        ...(reason === "ApprovalExpired" ? [of(deployApprovalExpired, base)] : []),
        of(deployFailed, { ...base, reason, errorMessage: shortened(after.errorMessage ?? "") }),
      ];
    case "RolledBack":
      return [of(deployRolledBack, { ...base, release: after.previousRelease, reason })];
    default:
      return [];
  }
}

function shortened(text: string): string {
  return text.length > ERROR_CHARACTERS ? `${text.slice(0, ERROR_CHARACTERS)}…` : text;
}

function of<Data extends z.ZodType>(
  event: EventDefinition<Data>,
  data: z.input<Data>,
): PendingEvent {
  return { event, data };
}
