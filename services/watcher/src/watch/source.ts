import type { RepositoryUrl } from "../git/repository-url.ts";

/** One environment, and the branch it follows. */
export interface Source {
  readonly environment: string;
  readonly repository: RepositoryUrl;
  readonly branch: string;
  readonly pollIntervalMs: number;
}

/** Sources by repository, since one poll of a repository serves them all. */
export function byRepository(sources: readonly Source[]): Source[][] {
  return [...Map.groupBy(sources, ({ repository }) => repository.url).values()];
}
