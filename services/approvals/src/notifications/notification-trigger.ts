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

/** The kinds of notifications: states of a deployment, an approval, and events of the environment. */
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

/** One event per kind. Rejections and expired approvals are failures too, and are notified once. */
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

/** An event that causes notifications. */
export interface NotificationTrigger {
  kind: NotificationKind;
  environment: string;
  /** Undefined: the event concerns the environment as a whole. */
  deploymentId: string | undefined;
  /** Identifies the occurrence; the same for redelivered and republished messages. */
  key: string;
  at: string;
  data: Record<string, unknown>;
}

/** The trigger of an event; undefined for events that cause no notification. */
export function notificationTriggerOf({
  type,
  id,
  subject,
  time,
  data,
}: Envelope): NotificationTrigger | undefined {
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

/** Whether the deployment has left the state that a notification of this kind reports. */
export function isSuperseded(kind: NotificationKind, { state }: Deployment): boolean {
  if (kind === "Pending") return !["Pending", "Validating", "Planning"].includes(state);
  if (kind === "Applying") return !["Applying", "PostValidating"].includes(state);
  if (kind === "Approved") return state !== "AwaitingApproval";
  return kind !== state;
}
