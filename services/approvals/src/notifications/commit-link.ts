import type { CommitInfo } from "@honua/contracts";

/**
 * The web page of a commit on GitHub, GitLab, Gitea or Bitbucket; null for a repository without a web
 * address.
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

/** Converts the https or ssh URL of a repository to a web URL without credentials. */
function webAddress(repository: string): URL | undefined {
  const scpLike = /^(?:[\w.-]+@)?([\w.-]+):(?!\/)(.+)$/.exec(repository);
  const text =
    scpLike && !repository.includes("://") ? `https://${scpLike[1]}/${scpLike[2]}` : repository;
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.protocol === "ssh:") return new URL(`https://${url.hostname}${url.pathname}`);
  return url.protocol === "https:" ? url : undefined;
}
