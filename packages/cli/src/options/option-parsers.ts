import { DEPLOYMENT_STATES, environmentName } from "@honua/contracts";
import { closestWord } from "@honua/text";
import { InvalidArgumentError } from "commander";

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Converts `90s`, `10m`, `2h` or `7d` to milliseconds. Returns undefined for other text. */
export function durationToMs(text: string): number | undefined {
  const [, digits, unit] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text) ?? [];
  return digits && unit ? Number(digits) * UNIT_MS[unit as keyof typeof UNIT_MS] : undefined;
}

/** Parses a positive duration to milliseconds. @throws InvalidArgumentError */
export function parseDuration(text: string): number {
  const ms = durationToMs(text);
  if (ms !== undefined && ms > 0) return ms;
  throw new InvalidArgumentError("Use a duration such as 90s, 10m or 2h.");
}

/** Parses an instant, or a duration before `now`, to an ISO 8601 instant. @throws InvalidArgumentError */
export function parseSince(text: string, now: Date): string {
  const ms = durationToMs(text);
  const instant = ms === undefined ? Date.parse(text) : now.getTime() - ms;
  if (!Number.isNaN(instant)) return new Date(instant).toISOString();
  throw new InvalidArgumentError(
    "Use a time such as 2026-11-25T14:00:00Z, or a duration such as 10m or 2h.",
  );
}

/** Parses the maximum length of a list. @throws InvalidArgumentError */
export function parseLimit(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= 10_000) return limit;
  throw new InvalidArgumentError("Use a whole number from 1 to 10000.");
}

/** Checks the name of an environment. @throws InvalidArgumentError */
export function parseEnvironmentName(text: string): string {
  const parsed = environmentName.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError(parsed.error.issues[0]?.message ?? "This is not a valid name.");
}

/** Checks a comma-separated list of deployment states. @throws InvalidArgumentError */
export function parseDeploymentStates(text: string): string {
  const unknown = text
    .split(",")
    .find((name) => !DEPLOYMENT_STATES.some((state) => state === name));
  if (unknown === undefined) return text;
  const closest = closestWord(unknown, DEPLOYMENT_STATES);
  throw new InvalidArgumentError(
    closest ? `Did you mean '${closest}'?` : `Use one of ${DEPLOYMENT_STATES.join(", ")}.`,
  );
}
