import type { HttpResponse } from "../http/http-response.ts";

/** Keeps tiles, the least recently used give way; a tile that many ask for is made once. */
export interface TileCache {
  /**
   * @param options.keptMs how long the tile may be given again; 0: only to those who wait for it now
   * @param options.make makes the tile, until its signal is aborted
   * @param options.client the client that waits; when every waiting client has disconnected, the
   *   signal of `make` is aborted
   */
  get(
    key: string,
    options: {
      keptMs: number;
      make: (abort: AbortController) => Promise<HttpResponse>;
      client?: Pick<AbortController, "signal"> | undefined;
    },
  ): Promise<HttpResponse>;
  /** Bytes that are kept, without what tiles look like compressed. */
  size(): number;
}

/** A tile that is being made. */
interface PendingTile {
  tile: Promise<HttpResponse>;
  abort: AbortController;
  /** Clients that wait for it. */
  waiting: number;
}

/** What a tile costs besides its bytes. */
const OVERHEAD = 200;

export function createTileCache(options: { maxBytes: number; now: () => number }): TileCache {
  const kept = new Map<string, { tile: HttpResponse; until: number }>();
  const underWay = new Map<string, PendingTile>();
  let bytes = 0;

  return {
    size: () => bytes,
    get(key, { keptMs, make, client }) {
      const known = kept.get(key);
      if (known && known.until > options.now()) {
        // A map keeps the order of insertion: the first is the least recently used.
        kept.delete(key);
        kept.set(key, known);
        return Promise.resolve(known.tile);
      }
      const making = underWay.get(key) ?? begin(key, { keptMs, make });
      making.waiting += 1;
      client?.signal.addEventListener("abort", () => leave(key, making), { once: true });
      return making.tile;
    },
  };

  function begin(
    key: string,
    { keptMs, make }: { keptMs: number; make: (abort: AbortController) => Promise<HttpResponse> },
  ): PendingTile {
    const abort = new AbortController();
    const tile = make(abort)
      .then((made) => {
        if (keptMs > 0) keep(key, made, options.now() + keptMs);
        return made;
      })
      .finally(() => end(key, making));
    const making = { tile, abort, waiting: 0 };
    underWay.set(key, making);
    return making;
  }

  function leave(key: string, making: PendingTile): void {
    making.waiting -= 1;
    if (making.waiting > 0) return;
    // The next client starts anew.
    end(key, making);
    making.abort.abort();
  }

  function end(key: string, making: PendingTile): void {
    if (underWay.get(key) === making) underWay.delete(key);
  }

  function keep(key: string, tile: HttpResponse, until: number): void {
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
