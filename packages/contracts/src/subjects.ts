import { z } from "zod";
import type { EventDefinition, EventDestination } from "./define.ts";

/** The event stream: the history of all environments. */
export const EVENT_STREAM = "HONUA";

/** Subject filter for every event in every environment. */
export const EVERY_EVENT = "honua.>";

/** The work-queue stream of the lanes. Acknowledged messages are removed. */
export const LANE_STREAM = "HONUA_LANES";

/** Subject filter for the messages of every lane. */
export const EVERY_LANE_MESSAGE = "lane.*.>";

const ROOT: Readonly<Record<EventDestination, string>> = { history: "honua", lane: "lane" };

/** Subject of one kind of event in one environment, on the event stream or on the lane. */
export function eventSubject(
  environment: string,
  event: string,
  use: EventDestination = "history",
): string {
  return `${ROOT[use]}.${environment}.${event}`;
}

/** All subjects on which this kind of event is published. */
export function eventSubjects(
  { name, publishedTo }: Pick<EventDefinition, "name" | "publishedTo">,
  environment: string,
): string[] {
  return publishedTo.map((use) => eventSubject(environment, name, use));
}

/** Filter subject of the lane's consumer: all messages of one environment's lane. */
export function laneFilter(environment: string): string {
  return `lane.${environment}.>`;
}

/** Name of the durable consumer that reads an environment's lane. */
export function laneName(environment: string): string {
  return `reconciler-${environment}`;
}

/** Subject of the lane heartbeat. It is a plain NATS subject, so that no stream stores it. */
export function laneHeartbeatSubject(environment: string): string {
  return `lane.${environment}`;
}

/** Heartbeat of the process that works on a message of a lane. */
export const laneHeartbeat = z.object({
  by: z.string().describe("process that works on the lane"),
  ms: z
    .number()
    .nonnegative()
    .describe("milliseconds without another heartbeat after which others re-check the lane"),
});
export type LaneHeartbeat = z.infer<typeof laneHeartbeat>;

/** Subject filter for the lane heartbeats of every environment. */
export const EVERY_LANE_HEARTBEAT = "lane.*";

/** Durable consumer of all environments, from which the approvals service sends notifications. */
export const NOTIFICATIONS_CONSUMER = "notifications";

/**
 * Extracts the environment from the subject of an event or of a lane heartbeat.
 *
 * @throws TypeError when the subject has fewer than two tokens
 */
export function environmentOf(subject: string): string {
  const [, environment] = subject.split(".");
  if (!environment) throw new TypeError(`'${subject}' is not an event subject`);
  return environment;
}
