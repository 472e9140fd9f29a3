import { shortCommit } from "../commits/short-commit.ts";

/**
 * Builds `<environment>-<yyyyMMdd>-<HHmmss>-<commit7>` in UTC. Never parse an id: environment names
 * may contain `-`.
 *
 * @param attempt 1 for the plain id; from 2 on the number is appended, for ids that exist already
 */
export function deploymentId(
  environment: string,
  at: Date,
  commit: string,
  attempt: number,
): string {
  const digits = at.toISOString().replaceAll(/\D/g, "");
  const base = `${environment}-${digits.slice(0, 8)}-${digits.slice(8, 14)}-${shortCommit(commit)}`;
  return attempt === 1 ? base : `${base}-${attempt}`;
}
