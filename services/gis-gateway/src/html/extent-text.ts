import type { Extent } from "../release/extent.ts";

/** The bounding box in degrees; undefined if it is unknown. */
export function bboxText({ bbox }: Extent): string | undefined {
  if (!bbox) return undefined;
  const [west, south, east, north] = bbox;
  return `${longitude(west)} to ${longitude(east)}, ${latitude(south)} to ${latitude(north)}`;
}

/** The time interval; undefined if it is unknown. */
export function intervalText({ interval }: Extent): string | undefined {
  if (!interval) return undefined;
  const [first, last] = interval.map((instant) => instant?.replace(/T00:00:00(?:\.0+)?Z$/, ""));
  if (first === undefined) return `until ${last}`;
  if (last === undefined) return `since ${first}`;
  return first === last ? first : `${first} to ${last}`;
}

/** A position, latitude first. */
export function positionText(east: number, north: number): string {
  return `${latitude(north)}, ${longitude(east)}`;
}

function latitude(degrees: number): string {
  return angle(degrees, "N", "S");
}

function longitude(degrees: number): string {
  return angle(degrees, "E", "W");
}

/** Four decimals are about ten metres. */
function angle(degrees: number, positive: string, negative: string): string {
  const rounded = Math.round(Math.abs(degrees) * 1e4) / 1e4;
  return `${rounded}°${rounded === 0 ? "" : ` ${degrees < 0 ? negative : positive}`}`;
}
