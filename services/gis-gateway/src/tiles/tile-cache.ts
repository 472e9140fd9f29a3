import type { Answer } from "../http/answer.ts";

/** Keeps tiles, the least recently used give way; a tile that many ask for is made once. */
export interface TileCache {
  /**
   * @param options.keptMs how long the tile may be given again; 0: only to those who wait for it now
   */
  get(key: string, options: { keptMs: number; make: () => Promise<Answer> }): Promise<Answer>;
  /** Bytes that are kept, without what tiles look like compressed. */
  size(): number;
}

/** What a tile costs besides its bytes. */
const OVERHEAD = 200;

export function createTileCache(options: { maxBytes: number; now: () => number }): TileCache {
  const kept = new Map<string, { tile: Answer; until: number }>();
  const underWay = new Map<string, Promise<Answer>>();
  let bytes = 0;

  return {
    size: () => bytes,
    get(key, { keptMs, make }) {
      const known = kept.get(key);
      if (known && known.until > options.now()) {
        // A map keeps the order of insertion: the first is the least recently used.
        kept.delete(key);
        kept.set(key, known);
        return Promise.resolve(known.tile);
      }
      const waitedFor = underWay.get(key);
      if (waitedFor) return waitedFor;
      const making = make()
        .then((tile) => {
          if (keptMs > 0) keep(key, tile, options.now() + keptMs);
          return tile;
        })
        .finally(() => underWay.delete(key));
      underWay.set(key, making);
      return making;
    },
  };

  function keep(key: string, tile: Answer, until: number): void {
    drop(key);
    kept.set(key, { tile, until });
    bytes += tile.body.length + OVERHEAD;
    for (const oldest of kept.keys()) {
      if (bytes <= options.maxBytes) break;
      drop(oldest);
    }
  }

  function drop(key: string): void {
    const known = kept.get(key);
    if (!known) return;
    kept.delete(key);
    bytes -= known.tile.body.length + OVERHEAD;
  }
}
