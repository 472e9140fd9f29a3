import { offerRelease, type Release, release, storeRelease } from "@honua/contracts";
import { type Bus, HonuaError } from "@honua/service-kit";

/** Where compiled releases are kept: in state for ever, in the object store for whoever reads them. */
export interface Releases {
  keep(environment: string, digest: string, canonical: string): Promise<void>;
  read(digest: string): Promise<Release>;
  /** Puts a kept release back where gateways read it, after the broker lost it. */
  offer(digest: string): Promise<void>;
}

export function createReleases(bus: Bus): Releases {
  const store = () => bus.objects("releases");
  const offer = async (digest: string) => {
    await bus.call(offerRelease, { digest });
  };
  return {
    offer,
    async keep(environment, digest, canonical) {
      await (await store()).put(canonical);
      await bus.call(storeRelease, { digest, environment });
    },
    async read(digest) {
      const objects = await store();
      const text = await objects.get(digest).catch(async (error: unknown) => {
        if (!(error instanceof HonuaError && error.code === "object-missing")) throw error;
        await offer(digest);
        return objects.get(digest);
      });
      return release.parse(JSON.parse(text));
    },
  };
}
