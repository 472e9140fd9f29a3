import type { LoadedRelease } from "../release/load-release.ts";

/** Releases that were loaded and checked without problems, ready for activation. */
export interface PreparedReleases {
  /** Loads and checks a release again, and keeps it if it has no problems. */
  prepare(digest: string): Promise<LoadedRelease>;
  /** Removes and returns a prepared release; the caller must dispose it. */
  acquire(digest: string): LoadedRelease | undefined;
  stop(): void;
}

/** Maximum number of prepared releases, because each keeps its connections open. */
const MAX_PREPARED = 3;

/** @param load fetches a release by its digest, connects and checks it */
export function createPreparedReleases(
  load: (digest: string) => Promise<LoadedRelease>,
): PreparedReleases {
  const prepared = new Map<string, LoadedRelease>();
  const inProgress = new Map<string, Promise<LoadedRelease>>();
  let stopped = false;

  const prepare = async (digest: string) => {
    const loaded = await load(digest);
    prepared.get(digest)?.dispose();
    prepared.delete(digest);
    if (loaded.problems.length > 0 || stopped) {
      loaded.dispose();
      return loaded;
    }
    prepared.set(digest, loaded);
    for (const [oldest, release] of prepared) {
      if (prepared.size <= MAX_PREPARED) break;
      prepared.delete(oldest);
      release.dispose();
    }
    return loaded;
  };

  return {
    prepare(digest) {
      let preparing = inProgress.get(digest);
      if (!preparing) {
        preparing = prepare(digest).finally(() => inProgress.delete(digest));
        inProgress.set(digest, preparing);
      }
      return preparing;
    },
    acquire(digest) {
      const loaded = prepared.get(digest);
      prepared.delete(digest);
      return loaded;
    },
    stop() {
      stopped = true;
      for (const release of prepared.values()) release.dispose();
      prepared.clear();
    },
  };
}
