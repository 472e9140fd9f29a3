import type { liveRelease, Release } from "@honua/contracts";
import { PermanentError } from "@honua/service-kit";
import type { z } from "zod";
import type { Reader } from "../database/database.ts";
import { requireEnvironment } from "../environments/read-environments.ts";
import { readEnvironmentOverview } from "./environment-overview.ts";

/**
 * Reads the release that an environment serves, with the facts that a plan against it needs.
 *
 * @throws PermanentError `not-found`
 */
export async function readLiveRelease(
  reader: Reader,
  name: string,
): Promise<z.output<typeof liveRelease>> {
  await requireEnvironment(reader, name);
  const { live, medianDurationMs } = await readEnvironmentOverview(reader, name);
  if (!live) throw new PermanentError("not-found", `Environment '${name}' serves no release yet.`);
  const { document } = await reader
    .selectFrom("releases")
    .select("document")
    .where("digest", "=", live.release)
    .executeTakeFirstOrThrow();
  return {
    deploymentId: live.deploymentId,
    commit: live.commit,
    digest: live.release,
    medianDurationMs,
    // Only compiled releases are stored, so the document needs no validation.
    release: JSON.parse(document) as Release,
  };
}
