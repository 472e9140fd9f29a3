import type { PGlite } from "@electric-sql/pglite";

/** Only the exports of a WebAssembly library have more keys than this. */
const CACHED_KEY_COUNT = 1_000;

/**
 * Creates the PostGIS extension eight times faster than plain SQL.
 *
 * `create extension` looks up 1200 C functions, and for each of them Emscripten's `dlsym` lists the
 * keys of all exports of the library. The exports do not change meanwhile, so this function caches
 * the list. Measured on two cores: 8.2 s without the cache, 1.0 s with it.
 */
export async function createPostgis(database: PGlite): Promise<void> {
  const { keys } = Object;
  const cache = new WeakMap<object, string[]>();
  Object.keys = (value: object) => {
    const cached = cache.get(value);
    if (cached) return cached;
    const listed = keys(value);
    if (listed.length > CACHED_KEY_COUNT) cache.set(value, listed);
    return listed;
  };
  try {
    await database.exec("create extension if not exists postgis");
  } finally {
    Object.keys = keys;
  }
}
