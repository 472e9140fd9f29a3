import type { Deployment } from "@honua/contracts";
import { type Notification, notificationOf } from "../../src/notifications/notification.ts";
import type { NotificationKind } from "../../src/notifications/notification-trigger.ts";
import { waiting } from "../waiting-deployment.ts";

/** The notification of a deployment that awaits approval, or of the given kind. */
export function sampleNotification(
  kind: NotificationKind = "AwaitingApproval",
  over: Partial<Deployment> = {},
  linkTemplate?: string,
): Notification {
  const trigger = {
    kind,
    environment: waiting.environment,
    deploymentId: waiting.id,
    key: `${waiting.id}.${kind}`,
    at: "2026-03-01T09:00:02.000Z",
    data: { subjects: ["ana@example.com", "cy@example.com"] },
  };
  return notificationOf(trigger, { ...waiting, ...over }, linkTemplate);
}
