import { type HttpProblem, httpProblem } from "@honua/service-kit";
import type { StreamHead } from "./assign-stream-positions.ts";

/** The id of a stream event: the epoch of the database and the position. */
export function eventId(epoch: string, position: number): string {
  return `${epoch}-${position}`;
}

/**
 * Parses the id of the last received event to the position after which a client resumes.
 *
 * @throws HttpProblem 400 for an invalid id, 410 if events after it may be missing
 */
export function resumePosition(id: string, { epoch, position, prunedThrough }: StreamHead): number {
  const [, ofDatabase, digits] = /^([0-9a-f]{8})-(0|[1-9]\d{0,15})$/.exec(id) ?? [];
  if (digits === undefined) {
    throw httpProblem("invalid-request", "Last-Event-ID: send the unchanged id of an event.");
  }
  const seen = Number(digits);
  if (ofDatabase !== epoch || seen > position) {
    throw eventsGone(`Event ${id} belongs to another state database`);
  }
  if (seen < prunedThrough) throw eventsGone(`The events after ${id} were deleted`);
  return seen;
}

function eventsGone(why: string): HttpProblem {
  return httpProblem("events-gone", `${why}. Reconnect without Last-Event-ID.`);
}
