import { ERROR_CODES } from "@honua/contracts";
import { HttpProblem } from "@honua/service-kit";
import type { StreamHead } from "./assign-stream-positions.ts";

/** The id of an event in the stream: which database, and where in it. */
export function eventId(epoch: string, position: number): string {
  return `${epoch}-${position}`;
}

/**
 * The position after which a client goes on, from the id of the last event that it saw.
 *
 * @throws HttpProblem 400 for what is no id, 410 when events after it may be missing
 */
export function resumePosition(id: string, { epoch, position, prunedThrough }: StreamHead): number {
  const [, ofDatabase, digits] = /^([0-9a-f]{8})-(0|[1-9]\d{0,15})$/.exec(id) ?? [];
  if (digits === undefined) {
    throw new HttpProblem(400, "Bad request", "Last-Event-ID: send the id of an event back as is", {
      code: ERROR_CODES.invalidRequest,
    });
  }
  const seen = Number(digits);
  if (ofDatabase !== epoch || seen > position) {
    throw eventsGone(`event ${id} is of another state database`);
  }
  if (seen < prunedThrough) throw eventsGone(`the events after ${id} are no longer kept`);
  return seen;
}

function eventsGone(why: string): HttpProblem {
  return new HttpProblem(410, "Events are gone", `${why}; begin again without Last-Event-ID`, {
    code: "events-gone",
  });
}
