import type { HttpResponse } from "../http/http-response.ts";

/** A least-recently-used cache of tiles. Concurrent requests for a tile share one query (single flight). */
export interface TileCache {
  /**
   * @param options.ttlMs milliseconds for which the tile may be served from the cache; 0: only
   *   requests that already wait for the tile share it
   * @param options.createTile creates the tile; its signal is aborted when no client waits for it any more
   * @param options.client the waiting client; when every waiting client has disconnected, the tile is
   *   cancelled
   */
  get(
    key: string,
    options: {
      ttlMs: number;
      createTile: (abort: AbortController) => Promise<HttpResponse>;
      client?: Pick<AbortController, "signal"> | undefined;
    },
  ): Promise<HttpResponse>;
  /** Bytes of the cached tiles, without their compressed bodies. */
  size(): number;
}

/** A tile that is being created. */
interface PendingTile {
  tile: Promise<HttpResponse>;
  abort: AbortController;
  /** Number of clients that wait for it. */
  waiting: number;
}

/** Estimated bytes of a cache entry in addition to its body. */
const ENTRY_BYTES = 200;

export function createTileCache(options: { maxBytes: number; now: () => number }): TileCache {
  const cached = new Map<string, { tile: HttpResponse; until: number }>();
  const pending = new Map<string, PendingTile>();
  let bytes = 0;

  return {
    size: () => bytes,
    get(key, { ttlMs, createTile, client }) {
      const known = cached.get(key);
      if (known && known.until > options.now()) {
        // A map keeps the order of insertion: the first is the least recently used.
        cached.delete(key);
        cached.set(key, known);
        return Promise.resolve(known.tile);
      }
      const pendingTile = pending.get(key) ?? start(key, { ttlMs, createTile });
      pendingTile.waiting += 1;
      client?.signal.addEventListener("abort", () => leave(key, pendingTile), { once: true });
      return pendingTile.tile;
    },
  };

  function start(
    key: string,
    {
      ttlMs,
      createTile,
    }: { ttlMs: number; createTile: (abort: AbortController) => Promise<HttpResponse> },
  ): PendingTile {
    const abort = new AbortController();
    const tile = createTile(abort)
      .then((created) => {
        if (ttlMs > 0) store(key, created, options.now() + ttlMs);
        return created;
      })
      .finally(() => forget(key, pendingTile));
    const pendingTile = { tile, abort, waiting: 0 };
    pending.set(key, pendingTile);
    return pendingTile;
  }

  function leave(key: string, pendingTile: PendingTile): void {
    pendingTile.waiting -= 1;
    if (pendingTile.waiting > 0) return;
    // A later client must not join a cancelled tile.
    forget(key, pendingTile);
    pendingTile.abort.abort();
  }

  function forget(key: string, pendingTile: PendingTile): void {
    if (pending.get(key) === pendingTile) pending.delete(key);
  }

  function store(key: string, tile: HttpResponse, until: number): void {
    evict(key);
    cached.set(key, { tile, until });
    bytes += tile.body.length + ENTRY_BYTES;
    for (const oldest of cached.keys()) {
      if (bytes <= options.maxBytes) break;
      evict(oldest);
    }
  }

  function evict(key: string): void {
    const known = cached.get(key);
    if (!known) return;
    cached.delete(key);
    bytes -= known.tile.body.length + ENTRY_BYTES;
  }
}
