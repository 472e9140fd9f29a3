/**
 * `<environment>-<yyyyMMdd>-<HHmmss>-<commit7>` in UTC. An environment may contain `-`: nothing
 * parses ids.
 *
 * @param attempt 1 for the plain id; from 2 on the number is appended, for ids already taken
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

/** A commit as people say it. */
export function shortCommit(commit: string): string {
  return commit.slice(0, 7);
}
