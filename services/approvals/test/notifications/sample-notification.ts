import type { Deployment } from "@honua/contracts";
import { type Notification, notificationOf } from "../../src/notifications/notification.ts";
import type { NotificationKind } from "../../src/notifications/notification-trigger.ts";
import { waiting } from "../waiting-deployment.ts";

/** What is told of a deployment that waits for people, or of one that went on. */
export function aNotification(
  kind: NotificationKind = "AwaitingApproval",
  over: Partial<Deployment> = {},
  linkTemplate?: string,
): Notification {
  const occasion = {
    kind,
    environment: waiting.environment,
    deploymentId: waiting.id,
    key: `${waiting.id}.${kind}`,
    at: "2026-03-01T09:00:02.000Z",
    data: { subjects: ["ana@example.com", "cy@example.com"] },
  };
  return notificationOf(occasion, { ...waiting, ...over }, linkTemplate);
}
