/** Formats the age of a past instant, such as `3 min ago`; `-` without an instant. */
export function formatAge(instant: string | null, now: Date): string {
  if (!instant) return "-";
  const seconds = Math.max(0, Math.round((now.getTime() - Date.parse(instant)) / 1_000));
  if (seconds < 90) return `${seconds} s ago`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 36 * 3_600) return `${Math.round(seconds / 3_600)} h ago`;
  return `${Math.round(seconds / 86_400)} days ago`;
}

/** Returns the abbreviated id of a commit. */
export function shortCommit(commit: string): string {
  return commit.slice(0, 7);
}

/** Formats an instant as UTC date and time to the second, without the `T` and the time zone. */
export function formatInstant(instant: string): string {
  return instant.slice(0, 19).replace("T", " ");
}
