import type { RepositoryUrl } from "../git/repository-url.ts";

/** An environment, and the branch that it follows. */
export interface Source {
  readonly environment: string;
  readonly repository: RepositoryUrl;
  readonly branch: string;
  readonly pollIntervalMs: number;
}

/** Groups sources by repository, because one poll of a repository serves all of them. */
export function groupByRepository(sources: readonly Source[]): Source[][] {
  return [...Map.groupBy(sources, ({ repository }) => repository.url).values()];
}
