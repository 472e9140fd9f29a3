import { offerRelease, type Release } from "@honua/contracts";
import { type Bus, HonuaError } from "@honua/service-kit";

/** A release as it was compiled, and the text that its digest is of. */
export interface CompiledRelease {
  release: Release;
  digest: string;
  canonical: string;
}

/**
 * Compiled releases: in the object store for whoever reads them, and in state for ever, which takes
 * one from there with the transition that names it.
 */
export interface Releases {
  /** Puts a release where state and gateways read it. */
  publish(compiled: CompiledRelease): Promise<void>;
  read(digest: string): Promise<Release>;
  /** Puts a kept release back where gateways read it, after the broker lost it. */
  offer(digest: string): Promise<void>;
}

/** Releases kept in memory; a digest names its content for ever, so that none of them goes stale. */
const REMEMBERED = 64;

export function createReleases(bus: Bus): Releases {
  const store = () => bus.objects("releases");
  const known = new Map<string, Release>();
  const remember = (digest: string, value: Release): Release => {
    known.set(digest, value);
    const [oldest] = known.keys();
    if (known.size > REMEMBERED && oldest !== undefined) known.delete(oldest);
    return value;
  };
  const offer = async (digest: string) => {
    const isThere = await (await store()).has(digest);
    if (!isThere) await bus.call(offerRelease, { digest });
  };
  return {
    offer,
    async publish({ release: compiled, digest, canonical }) {
      remember(digest, compiled);
      await (await store()).put(canonical);
    },
    async read(digest) {
      const remembered = known.get(digest);
      if (remembered) return remembered;
      const objects = await store();
      const text = await objects.get(digest).catch(async (error: unknown) => {
        if (!(error instanceof HonuaError && error.code === "object-missing")) throw error;
        await offer(digest);
        return objects.get(digest);
      });
      // What lies under its digest is what was compiled, to the last key.
      return remember(digest, JSON.parse(text) as Release);
    },
  };
}
