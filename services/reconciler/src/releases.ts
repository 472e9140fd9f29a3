import { offerRelease, type Release, release, storeRelease } from "@honua/contracts";
import { type Bus, HonuaError } from "@honua/service-kit";

/** Where compiled releases are kept: in state for ever, in the object store for whoever reads them. */
export interface Releases {
  keep(environment: string, digest: string, canonical: string): Promise<void>;
  read(digest: string): Promise<Release>;
  /** Puts a kept release back where gateways read it, after the broker lost it. */
  offer(digest: string): Promise<void>;
}

/** Releases kept in memory; a digest names its content for ever, so that none of them goes stale. */
const REMEMBERED = 32;

export function createReleases(bus: Bus): Releases {
  const store = () => bus.objects("releases");
  const known = new Map<string, Release>();
  const remember = (digest: string, text: string): Release => {
    const parsed = release.parse(JSON.parse(text));
    known.set(digest, parsed);
    const [oldest] = known.keys();
    if (known.size > REMEMBERED && oldest !== undefined) known.delete(oldest);
    return parsed;
  };
  const offer = async (digest: string) => {
    await bus.call(offerRelease, { digest });
  };
  return {
    offer,
    async keep(environment, digest, canonical) {
      remember(digest, canonical);
      await (await store()).put(canonical);
      await bus.call(storeRelease, { digest, environment });
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
      return remember(digest, text);
    },
  };
}
