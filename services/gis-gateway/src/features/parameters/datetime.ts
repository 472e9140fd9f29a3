import type { TemporalExtent } from "../../sql/datetime-filter.ts";
import { parameterProblem } from "./parameter-problem.ts";

/**
 * Parses `datetime`: an instant (`2018-02-12T23:20:50Z`), an interval (`start/end`), or an interval with
 * an open end (`start/..`, `../end`; an empty end is also open). A date means the whole day in UTC.
 *
 * @throws HttpProblem 400
 */
export function parseDatetime(text: string): TemporalExtent {
  const ends = text.split("/");
  if (ends.length === 1) return parseDateOrInstant(text);
  const [first, second] = ends;
  if (ends.length > 2 || first === undefined || second === undefined) throw malformedDatetime();
  if (isOpenEnd(first) && isOpenEnd(second)) {
    throw parameterProblem("datetime", "an interval must have at least one end that is not open");
  }
  const { start } = isOpenEnd(first) ? {} : parseDateOrInstant(first);
  const { end } = isOpenEnd(second) ? {} : parseDateOrInstant(second);
  if (start !== undefined && end !== undefined && start > end) {
    throw parameterProblem("datetime", "the end of the interval must not be before its start");
  }
  return { ...(start === undefined ? {} : { start }), ...(end === undefined ? {} : { end }) };
}

function isOpenEnd(end: string): boolean {
  return end === "" || end === "..";
}

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const INSTANT =
  /^(\d{4}-\d{2}-\d{2})[Tt]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

/** The first and last instant, which are equal for an instant. In UTC, so that texts compare as times. */
function parseDateOrInstant(text: string): { start: string; end: string } {
  if (DATE.test(text) && isCalendarDate(text)) {
    return { start: `${text}T00:00:00.000000Z`, end: `${text}T23:59:59.999999Z` };
  }
  const [, day, , seconds, fraction = ""] = INSTANT.exec(text) ?? [];
  if (day === undefined || !isCalendarDate(day)) throw malformedDatetime();
  // PostgreSQL and Date have no leap seconds. The second before it is used.
  const whole = text.toUpperCase().replace(/\.\d+/, "");
  const moment = new Date(seconds === "60" ? whole.replace(/:60/, ":59") : whole);
  const micros = fraction.slice(1, 7).padEnd(6, "0");
  const utc = `${moment.toISOString().slice(0, 19)}.${micros}Z`;
  return { start: utc, end: utc };
}

function isCalendarDate(text: string): boolean {
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

function malformedDatetime() {
  return parameterProblem(
    "datetime",
    "expected an RFC 3339 instant such as 2018-02-12T23:20:50Z, or an interval such as 2018-02-12T00:00:00Z/..",
  );
}
