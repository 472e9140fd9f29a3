import { republishRelease } from "@honua/contracts";
import { asHonuaError, type Bus, TransientError } from "@honua/service-kit";
import { parseReleaseDocument, type ReleaseDocument } from "../release/release-document.ts";

/** Where a gateway gets releases from. */
export type ReleaseSource = (digest: string) => Promise<ReleaseDocument>;

/**
 * Gets releases from the object store, else from the state service, which keeps them for ever.
 *
 * @throws HonuaError when neither has it, or what they have does not match the digest
 */
export function releaseSourceOver(bus: Bus): ReleaseSource {
  return async (digest) => parseReleaseDocument(digest, await fetchText(digest));

  async function fetchText(digest: string): Promise<string> {
    try {
      return await (await bus.objects("releases")).get(digest);
    } catch (missing) {
      try {
        await bus.call(republishRelease, { digest });
        return await (await bus.objects("releases")).get(digest);
      } catch (error) {
        throw new TransientError(
          "release-unavailable",
          `release ${digest} is neither in the object store (${asHonuaError(missing).message}) nor given by state (${asHonuaError(error).message})`,
          { cause: error },
        );
      }
    }
  }
}
