import type { ActiveRelease } from "../release/active-release.ts";
import type { Extent } from "../release/extent.ts";
import type { LoadedRelease } from "../release/load-release.ts";

/**
 * The release that is served. A request takes it once and keeps it to its end, so that no answer
 * mixes two releases; the connections of a replaced one are given back after its last request.
 */
export interface Serving {
  current(): LoadedRelease | undefined;
  /** Serves another release from the next request on. */
  swap(loaded: LoadedRelease): void;
  /** Serves the same release with more extents, unless it was replaced meanwhile. */
  refine(loaded: LoadedRelease, extents: ReadonlyMap<string, Extent>): void;
  /** Runs the work of one request on the release of this moment; undefined without one. */
  use<Result>(work: (release: ActiveRelease | undefined) => Promise<Result>): Promise<Result>;
  /** Gives the connections back, once no request uses them. */
  stop(): void;
}

export function createServing(): Serving {
  let turn: Turn | undefined;

  return {
    current: () => turn?.loaded,
    swap(loaded) {
      const before = turn;
      turn = { loaded, active: loaded.active, underWay: 0, replaced: false };
      if (before) replace(before);
    },
    refine(loaded, extents) {
      if (turn?.loaded === loaded) turn.active = { ...loaded.active, extents };
    },
    async use(work) {
      const mine = turn;
      if (!mine) return work(undefined);
      mine.underWay += 1;
      try {
        return await work(mine.active);
      } finally {
        mine.underWay -= 1;
        disposeUnused(mine);
      }
    },
    stop() {
      const last = turn;
      turn = undefined;
      if (last) replace(last);
    },
  };
}

interface Turn {
  loaded: LoadedRelease;
  active: ActiveRelease;
  underWay: number;
  replaced: boolean;
}

function replace(turn: Turn): void {
  turn.replaced = true;
  disposeUnused(turn);
}

function disposeUnused(turn: Turn): void {
  if (turn.replaced && turn.underWay === 0) turn.loaded.dispose();
}
