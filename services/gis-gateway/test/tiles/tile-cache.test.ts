import { expect, it } from "vitest";
import { createTileCache } from "../../src/tiles/tile-cache.ts";

/** A cache of two tiles of 1 000 bytes, and how often each tile was made. */
function cacheOfTwo() {
  let now = 0;
  const made: string[] = [];
  const cache = createTileCache({ maxBytes: 2_500, now: () => now });
  const get = (key: string, keptMs = 100) =>
    cache.get(key, {
      keptMs,
      make: async () => {
        made.push(key);
        return { type: "", tag: "", cacheControl: "", body: Buffer.alloc(1_000) };
      },
    });
  return { cache, get, made, pass: (ms: number) => (now += ms) };
}

it("makes a tile once for all who wait for it", async () => {
  const { get, made } = cacheOfTwo();
  await Promise.all([get("a", 0), get("a", 0), get("a", 0)]);
  expect(made).toEqual(["a"]);
  await get("a", 0);
  expect(made).toEqual(["a", "a"]);
});

it("forgets what was not used for longest, and never keeps more than it may", async () => {
  const { cache, get, made } = cacheOfTwo();
  for (const key of ["a", "b", "a", "c", "a", "b"]) await get(key);
  expect(made).toEqual(["a", "b", "c", "b"]);
  expect(cache.size()).toBeLessThanOrEqual(2_500);
});

it("makes a tile anew when its time is over", async () => {
  const { get, made, pass } = cacheOfTwo();
  await get("a");
  pass(100);
  await get("a");
  expect(made).toEqual(["a", "a"]);
});

it("does not keep a failure", async () => {
  const { cache, get, made } = cacheOfTwo();
  const failing = cache.get("a", { keptMs: 100, make: () => Promise.reject(new Error("away")) });
  await expect(failing).rejects.toThrow("away");
  await get("a");
  expect(made).toEqual(["a"]);
});
