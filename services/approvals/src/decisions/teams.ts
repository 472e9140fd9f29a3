import { subjectKey } from "@honua/contracts";

/** Returns the teams of a subject, as policies name them. */
export type TeamsOf = (subject: string, groups: readonly string[]) => string[];

/**
 * Teams have two sources. A group of the token or of the identity provider is a team of the same name.
 * The settings add members by subject, and whole groups as `group:<name>`.
 *
 * @param configured members of each team
 */
export function createTeams(configured: Readonly<Record<string, readonly string[]>>): TeamsOf {
  return (subject, groups) => {
    const names = new Set([subjectKey(subject), ...groups.map((group) => `group:${group}`)]);
    const isMember = (entry: string) =>
      names.has(entry.startsWith("group:") ? entry : subjectKey(entry));
    const configuredTeams = Object.entries(configured)
      .filter(([, members]) => members.some(isMember))
      .map(([team]) => team);
    return [...new Set([...groups, ...configuredTeams])];
  };
}
