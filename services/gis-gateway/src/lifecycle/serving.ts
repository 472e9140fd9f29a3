import type { ActiveRelease } from "../release/active-release.ts";
import type { Extent } from "../release/extent.ts";
import type { LoadedRelease } from "../release/load-release.ts";

/**
 * The served release. A request reads it once, so that no response mixes two releases. The connections
 * of a replaced release are released after its last request.
 */
export interface Serving {
  current(): LoadedRelease | undefined;
  /** Serves another release, starting with the next request. */
  swap(loaded: LoadedRelease): void;
  /** Adds extents to the served release, unless it was replaced in the meantime. */
  updateExtents(loaded: LoadedRelease, extents: ReadonlyMap<string, Extent>): void;
  /** Runs the work of one request with the current release, or with undefined if there is none. */
  withRelease<Result>(
    work: (release: ActiveRelease | undefined) => Promise<Result>,
  ): Promise<Result>;
  /** Releases the connections after the last request. */
  stop(): void;
}

export function createServing(): Serving {
  let served: ServedRelease | undefined;

  return {
    current: () => served?.loaded,
    swap(loaded) {
      const before = served;
      served = { loaded, active: loaded.active, requests: 0, replaced: false };
      if (before) replace(before);
    },
    updateExtents(loaded, extents) {
      if (served?.loaded === loaded) served.active = { ...loaded.active, extents };
    },
    async withRelease(work) {
      const current = served;
      if (!current) return work(undefined);
      current.requests += 1;
      try {
        return await work(current.active);
      } finally {
        current.requests -= 1;
        disposeUnused(current);
      }
    },
    stop() {
      const last = served;
      served = undefined;
      if (last) replace(last);
    },
  };
}

interface ServedRelease {
  loaded: LoadedRelease;
  active: ActiveRelease;
  requests: number;
  replaced: boolean;
}

function replace(turn: ServedRelease): void {
  turn.replaced = true;
  disposeUnused(turn);
}

function disposeUnused(turn: ServedRelease): void {
  if (turn.replaced && turn.requests === 0) turn.loaded.dispose();
}
