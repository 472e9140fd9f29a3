import { metrics } from "@opentelemetry/api";

/** Counts an outcome of a notification. */
export type CountNotification = (labels: {
  channel: string;
  outcome: "sent" | "retried" | "given-up";
}) => void;

export function createNotificationCounter(): CountNotification {
  const counter = metrics
    .getMeter("honua.gitops")
    .createCounter("honua.gitops.notifications", { description: "Notifications, by outcome" });
  return (labels) => counter.add(1, labels);
}
