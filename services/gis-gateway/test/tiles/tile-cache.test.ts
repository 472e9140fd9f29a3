import { expect, it } from "vitest";
import { createTileCache } from "../../src/tiles/tile-cache.ts";

/** A cache for two tiles of 1 000 bytes, and the tiles that were created. */
function cacheOfTwo() {
  let now = 0;
  const created: string[] = [];
  const cache = createTileCache({ maxBytes: 2_500, now: () => now });
  const get = (key: string, ttlMs = 100) =>
    cache.get(key, {
      ttlMs,
      createTile: async () => {
        created.push(key);
        return { type: "", tag: "", cacheControl: "", body: Buffer.alloc(1_000) };
      },
    });
  return { cache, get, created, pass: (ms: number) => (now += ms) };
}

it("creates a tile once for concurrent requests", async () => {
  const { get, created } = cacheOfTwo();
  await Promise.all([get("a", 0), get("a", 0), get("a", 0)]);
  expect(created).toEqual(["a"]);
  await get("a", 0);
  expect(created).toEqual(["a", "a"]);
});

it("evicts the least recently used tile and never exceeds its capacity", async () => {
  const { cache, get, created } = cacheOfTwo();
  for (const key of ["a", "b", "a", "c", "a", "b"]) await get(key);
  expect(created).toEqual(["a", "b", "c", "b"]);
  expect(cache.size()).toBeLessThanOrEqual(2_500);
});

it("creates a tile again when it has expired", async () => {
  const { get, created, pass } = cacheOfTwo();
  await get("a");
  pass(100);
  await get("a");
  expect(created).toEqual(["a", "a"]);
});

it("does not cache a failure", async () => {
  const { cache, get, created } = cacheOfTwo();
  const failing = cache.get("a", {
    ttlMs: 100,
    createTile: () => Promise.reject(new Error("away")),
  });
  await expect(failing).rejects.toThrow("away");
  await get("a");
  expect(created).toEqual(["a"]);
});
