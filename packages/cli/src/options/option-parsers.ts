import { InvalidArgumentError } from "commander";

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `90s`, `10m`, `2h` or `7d` in milliseconds; undefined for anything else. */
export function durationMs(text: string): number | undefined {
  const [, digits, unit] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text) ?? [];
  return digits && unit ? Number(digits) * UNITS[unit as keyof typeof UNITS] : undefined;
}

/** The same, for an option. @throws InvalidArgumentError */
export function parseDuration(text: string): number {
  const ms = durationMs(text);
  if (ms !== undefined && ms > 0) return ms;
  throw new InvalidArgumentError("It is such as 90s, 10m or 2h.");
}

/** An instant, or a duration before `now`. @throws InvalidArgumentError */
export function parseSince(text: string, now: Date): string {
  const ms = durationMs(text);
  const at = ms === undefined ? Date.parse(text) : now.getTime() - ms;
  if (!Number.isNaN(at)) return new Date(at).toISOString();
  throw new InvalidArgumentError(
    "It is a time such as 2026-11-25T14:00:00Z, or how long ago: 10m, 2h.",
  );
}

/** How many of a list. @throws InvalidArgumentError */
export function parseLimit(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= 10_000) return limit;
  throw new InvalidArgumentError("It is a whole number from 1 to 10000.");
}
