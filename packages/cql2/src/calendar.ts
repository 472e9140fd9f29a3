const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const TIMESTAMP = /^(\d{4}-\d{2}-\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?Z$/;

/** True for a valid date (OGC 21-065r2, Annex B, `fullDate`). PostgreSQL has no year 0. */
export function isDate(text: string): boolean {
  const match = DATE.exec(text);
  if (match === null) return false;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (year === 0 || month < 1 || month > 12 || day < 1) return false;
  return day <= daysInMonth(year, month);
}

/**
 * The canonical text of a timestamp in UTC (OGC 21-065r2, Annex B, `timestampInstantString`), without
 * trailing zeros in the fraction.
 *
 * @returns undefined for an invalid timestamp, or one that is finer than the microseconds of PostgreSQL
 */
export function canonicalTimestamp(text: string): string | undefined {
  const match = TIMESTAMP.exec(text);
  if (match === null) return undefined;
  const [, date = "", hour, minute, second, fraction = ""] = match;
  const inRange = Number(hour) <= 23 && Number(minute) <= 59 && Number(second) <= 59;
  if (!inRange || !isDate(date)) return undefined;
  let digits = fraction.length;
  while (digits > 0 && fraction[digits - 1] === "0") digits -= 1;
  if (digits > 6) return undefined;
  const kept = digits === 0 ? "" : `.${fraction.slice(0, digits)}`;
  return `${date}T${hour}:${minute}:${second}${kept}Z`;
}

/** The next day. The day after 9999-12-31 is 10000-01-01, which PostgreSQL accepts. */
export function dayAfter(date: string): string {
  const [year, month, day] = [date.slice(0, 4), date.slice(5, 7), date.slice(8, 10)].map(Number);
  if (year === undefined || month === undefined || day === undefined) return date;
  if (day < daysInMonth(year, month)) return formatDate(year, month, day + 1);
  return month < 12 ? formatDate(year, month + 1, 1) : formatDate(year + 1, 1, 1);
}

function formatDate(year: number, month: number, day: number): string {
  const two = (value: number) => String(value).padStart(2, "0");
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}`;
}

function daysInMonth(year: number, month: number): number {
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  if (month === 2) return leap ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}
