import type { CommitInfo } from "@honua/contracts";

/**
 * Where the commit can be looked at, as GitHub, GitLab, Gitea and Bitbucket arrange it; null for a
 * repository that is not on such a host.
 */
export function commitLink({
  repository,
  id,
}: Pick<CommitInfo, "repository" | "id">): string | null {
  const web = webAddress(repository);
  if (!web) return null;
  const folder = web.hostname === "bitbucket.org" ? "commits" : "commit";
  return `${web.origin}${web.pathname.replace(/(\.git)?\/*$/, "")}/${folder}/${id}`;
}

/** An https or ssh address of a repository as an address for people; credentials are left out. */
function webAddress(repository: string): URL | undefined {
  const short = /^(?:[\w.-]+@)?([\w.-]+):(?!\/)(.+)$/.exec(repository);
  const text =
    short && !repository.includes("://") ? `https://${short[1]}/${short[2]}` : repository;
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.protocol === "ssh:") return new URL(`https://${url.hostname}${url.pathname}`);
  return url.protocol === "https:" ? url : undefined;
}
