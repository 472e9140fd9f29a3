import { z } from "zod";
import type { EventDefinition, EventUse } from "./define.ts";

/** The stream of what happened. */
export const EVENT_STREAM = "HONUA";

/** Everything that happened, in every environment. */
export const EVERY_EVENT = "honua.>";

/** The stream of what is to be done; what is done leaves it. */
export const LANE_STREAM = "HONUA_LANES";

/** Every message of every lane. */
export const EVERY_LANE_MESSAGE = "lane.*.>";

const ROOT: Readonly<Record<EventUse, string>> = { history: "honua", lane: "lane" };

/** Subject of one kind of event in one environment, as what happened or as a message of its lane. */
export function eventSubject(
  environment: string,
  event: string,
  use: EventUse = "history",
): string {
  return `${ROOT[use]}.${environment}.${event}`;
}

/** Every subject on which such an event is published. */
export function eventSubjects(
  { name, keptFor }: Pick<EventDefinition, "name" | "keptFor">,
  environment: string,
): string[] {
  return keptFor.map((use) => eventSubject(environment, name, use));
}

/** Every message of one environment's lane: the filter of its consumer. */
export function laneFilter(environment: string): string {
  return `lane.${environment}.>`;
}

/** Name of the durable consumer that is an environment's lane. */
export function laneName(environment: string): string {
  return `reconciler-${environment}`;
}

/** Where whoever works on a message of an environment says so; to everybody, and kept by nobody. */
export function laneHeartbeatSubject(environment: string): string {
  return `lane.${environment}`;
}

/** What such a sign says. */
export const laneHeartbeat = z.object({
  by: z.string().describe("the process that works there"),
  ms: z.number().nonnegative().describe("after which to look there, when nothing else is heard"),
});
export type LaneHeartbeat = z.infer<typeof laneHeartbeat>;

/** Those signs of every environment. */
export const EVERY_LANE_HEARTBEAT = "lane.*";

/** Durable consumer of all environments, from which the approvals service tells people. */
export const NOTIFICATIONS_CONSUMER = "notifications";

/** The environment that the subject of an event, or of a sign of its lane, belongs to. */
export function environmentOf(subject: string): string {
  const [, environment] = subject.split(".");
  if (!environment) throw new TypeError(`'${subject}' is not an event subject`);
  return environment;
}
