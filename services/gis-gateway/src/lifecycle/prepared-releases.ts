import type { LoadedRelease } from "../release/load-release.ts";

/** Releases that were loaded and found good, and wait to be activated. */
export interface PreparedReleases {
  /** Loads and checks a release anew; kept when it has no problem. */
  prepare(digest: string): Promise<LoadedRelease>;
  /** Hands a kept release over, for the caller to dispose. */
  take(digest: string): LoadedRelease | undefined;
  stop(): void;
}

/** Releases kept; each holds its connections open. */
const KEPT = 3;

/** @param load fetches a release by its digest, connects and checks it */
export function createPreparedReleases(
  load: (digest: string) => Promise<LoadedRelease>,
): PreparedReleases {
  const kept = new Map<string, LoadedRelease>();
  const underWay = new Map<string, Promise<LoadedRelease>>();
  let stopped = false;

  const prepare = async (digest: string) => {
    const loaded = await load(digest);
    kept.get(digest)?.dispose();
    kept.delete(digest);
    if (loaded.problems.length > 0 || stopped) {
      loaded.dispose();
      return loaded;
    }
    kept.set(digest, loaded);
    for (const [oldest, release] of kept) {
      if (kept.size <= KEPT) break;
      kept.delete(oldest);
      release.dispose();
    }
    return loaded;
  };

  return {
    prepare(digest) {
      let preparing = underWay.get(digest);
      if (!preparing) {
        preparing = prepare(digest).finally(() => underWay.delete(digest));
        underWay.set(digest, preparing);
      }
      return preparing;
    },
    take(digest) {
      const loaded = kept.get(digest);
      kept.delete(digest);
      return loaded;
    },
    stop() {
      stopped = true;
      for (const release of kept.values()) release.dispose();
      kept.clear();
    },
  };
}
