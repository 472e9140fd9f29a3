import { type Release, republishRelease } from "@honua/contracts";
import { type Bus, HonuaError } from "@honua/service-kit";

/** A compiled release with its digest and the canonical text from which the digest was computed. */
export interface CompiledRelease {
  release: Release;
  digest: string;
  canonical: string;
}

/**
 * Compiled releases. The object store distributes them to gateways; state copies a release from there,
 * and keeps it, when it records the transition that names it.
 */
export interface ReleaseStore {
  /** Writes a release to the object store. */
  publish(compiled: CompiledRelease): Promise<void>;
  read(digest: string): Promise<Release>;
  /** Has state write a release to the object store again if the broker has lost it. */
  restoreObject(digest: string): Promise<void>;
}

/** Number of cached releases. An entry cannot become stale, because a digest identifies its content. */
const CACHED_RELEASES = 64;

export function createReleaseStore(bus: Bus): ReleaseStore {
  const store = () => bus.objects("releases");
  const cache = new Map<string, Release>();
  const addToCache = (digest: string, value: Release): Release => {
    cache.set(digest, value);
    const [oldest] = cache.keys();
    if (cache.size > CACHED_RELEASES && oldest !== undefined) cache.delete(oldest);
    return value;
  };
  const offer = async (digest: string) => {
    const isStored = await (await store()).has(digest);
    if (!isStored) await bus.call(republishRelease, { digest });
  };
  return {
    restoreObject: offer,
    async publish({ release: compiled, digest, canonical }) {
      addToCache(digest, compiled);
      await (await store()).put(canonical);
    },
    async read(digest) {
      const cached = cache.get(digest);
      if (cached) return cached;
      const objects = await store();
      const text = await objects.get(digest).catch(async (error: unknown) => {
        if (!(error instanceof HonuaError && error.code === "object-missing")) throw error;
        await offer(digest);
        return objects.get(digest);
      });
      // The store verifies digests, so the text is exactly the one that was compiled.
      return addToCache(digest, JSON.parse(text) as Release);
    },
  };
}
