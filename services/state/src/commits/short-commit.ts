/** The abbreviated commit id: its first seven digits. */
export function shortCommit(commit: string): string {
  return commit.slice(0, 7);
}
