import { subjectKey } from "@honua/contracts";

/** The teams that somebody is in, as policies name them. */
export type TeamsOf = (subject: string, groups: readonly string[]) => string[];

/**
 * Teams from two sources: a group that the token or the identity provider tells of is a team of the
 * same name; configuration adds members by subject, and whole groups as `group:<name>`.
 *
 * @param configured members of each team
 */
export function createTeams(configured: Readonly<Record<string, readonly string[]>>): TeamsOf {
  return (subject, groups) => {
    const names = new Set([subjectKey(subject), ...groups.map((group) => `group:${group}`)]);
    const isMember = (entry: string) =>
      names.has(entry.startsWith("group:") ? entry : subjectKey(entry));
    const further = Object.entries(configured)
      .filter(([, members]) => members.some(isMember))
      .map(([team]) => team);
    return [...new Set([...groups, ...further])];
  };
}
