/** The one stream that carries every event. */
export const EVENT_STREAM = "HONUA";

/** Every event of every environment. */
export const EVERY_EVENT = "honua.>";

/** Subject of one kind of event in one environment. */
export function eventSubject(environment: string, event: string): string {
  return `honua.${environment}.${event}`;
}

/** Every event of one environment: the filter of its lane. */
export function laneFilter(environment: string): string {
  return `honua.${environment}.>`;
}

/** Name of the durable consumer that is an environment's lane. */
export function laneName(environment: string): string {
  return `reconciler-${environment}`;
}

/** Where whoever works on a message of an environment says so; to everybody, and kept by nobody. */
export function laneSignSubject(environment: string): string {
  return `lane.${environment}`;
}

/** Those signs of every environment. */
export const EVERY_LANE_SIGN = "lane.*";

/** Durable consumer of all environments, from which the approvals service tells people. */
export const NOTIFICATIONS_CONSUMER = "notifications";

/** The environment that the subject of an event, or of a sign of its lane, belongs to. */
export function environmentOf(subject: string): string {
  const [, environment] = subject.split(".");
  if (!environment) throw new TypeError(`'${subject}' is not an event subject`);
  return environment;
}
