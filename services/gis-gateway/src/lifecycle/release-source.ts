import { republishRelease } from "@honua/contracts";
import { asHonuaError, type Bus, TransientError } from "@honua/service-kit";
import { parseReleaseDocument, type ReleaseDocument } from "../release/release-document.ts";

/** Reads a release by its digest. */
export type ReleaseSource = (digest: string) => Promise<ReleaseDocument>;

/**
 * Reads releases from the object store, or from the state service, which keeps them permanently.
 *
 * @throws HonuaError if neither has the release, or its content does not match the digest
 */
export function createReleaseSource(bus: Bus): ReleaseSource {
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
          `Release ${digest} is not in the object store (${asHonuaError(missing).message}), and state could not provide it (${asHonuaError(error).message}).`,
          { cause: error },
        );
      }
    }
  }
}
