import {
  type Deployment,
  deployApplying,
  deployApprovalRequested,
  deployApproved,
  deployCompleted,
  deployCreated,
  deployFailed,
  deployRolledBack,
  type Envelope,
  type EventDefinition,
  environmentDrifted,
  environmentPaused,
  environmentResumed,
} from "@honua/contracts";

/** What people can be told about: the states of a deployment, an approval, and the environment itself. */
export const NOTIFICATION_KINDS = [
  "Pending",
  "AwaitingApproval",
  "Approved",
  "Applying",
  "Completed",
  "Failed",
  "RolledBack",
  "Drifted",
  "Paused",
  "Resumed",
] as const;
export type NotificationKind = (typeof NOTIFICATION_KINDS)[number];

/** Each kind has one event, so that a rejection and an expiry, which are failures too, are told once. */
const EVENTS: Record<NotificationKind, EventDefinition> = {
  Pending: deployCreated,
  AwaitingApproval: deployApprovalRequested,
  Approved: deployApproved,
  Applying: deployApplying,
  Completed: deployCompleted,
  Failed: deployFailed,
  RolledBack: deployRolledBack,
  Drifted: environmentDrifted,
  Paused: environmentPaused,
  Resumed: environmentResumed,
};

/** An event that people may want to hear of. */
export interface Occasion {
  kind: NotificationKind;
  environment: string;
  /** Undefined: it concerns the environment as a whole. */
  deploymentId: string | undefined;
  /** The same for the same thing, however often and in whichever message it comes. */
  key: string;
  at: string;
  data: Record<string, unknown>;
}

/** What an event is the occasion of; undefined for what nobody is told about. */
export function occasionOf({ type, id, subject, time, data }: Envelope): Occasion | undefined {
  const kind = NOTIFICATION_KINDS.find((one) => EVENTS[one].type === type);
  const parsed = kind && EVENTS[kind].data.safeParse(data);
  if (!kind || !parsed?.success) return undefined;
  const facts = parsed.data as Record<string, unknown>;
  const deploymentId = typeof facts.deploymentId === "string" ? facts.deploymentId : undefined;
  return {
    kind,
    environment: subject,
    deploymentId,
    key: deploymentId === undefined ? `event.${id}` : `${deploymentId}.${kind}`,
    at: time,
    data: facts,
  };
}

/** Whether a deployment went on since: what was to be told of it is no longer how it stands. */
export function isOvertaken(kind: NotificationKind, { state }: Deployment): boolean {
  if (kind === "Pending") return !["Pending", "Validating", "Planning"].includes(state);
  if (kind === "Applying") return !["Applying", "PostValidating"].includes(state);
  if (kind === "Approved") return state !== "AwaitingApproval";
  return kind !== state;
}
