import { ERROR_CODES, type storeRelease } from "@honua/contracts";
import { type Clock, type Objects, PermanentError } from "@honua/service-kit";
import type { z } from "zod";
import type { Database } from "./database/database.ts";

/**
 * Keeps a release that lies in the object store; the same digest twice is the same release.
 *
 * @throws PermanentError `corrupt-object`, TransientError `object-missing`
 */
export async function keepRelease(
  deps: { database: Database; clock: Clock; objects: Objects },
  { digest, environment }: z.output<typeof storeRelease.request>,
): Promise<{ digest: string }> {
  const document = await deps.objects.get(digest);
  // Stored again, it counts as new: it is about to be referred to.
  const stored_at = deps.clock.now();
  await deps.database.read((reader) =>
    reader
      .insertInto("releases")
      .values({ digest, environment, document, stored_at })
      .onConflict((conflict) => conflict.column("digest").doUpdateSet({ stored_at }))
      .execute(),
  );
  return { digest };
}

/**
 * Puts a kept release back into the object store.
 *
 * @throws PermanentError `not-found`
 */
export async function offerKeptRelease(
  deps: { database: Database; objects: Objects },
  digest: string,
): Promise<{ digest: string }> {
  const row = await deps.database.read((reader) =>
    reader
      .selectFrom("releases")
      .select("document")
      .where("digest", "=", digest)
      .executeTakeFirst(),
  );
  if (!row) throw new PermanentError(ERROR_CODES.notFound, `there is no release ${digest}`);
  return { digest: await deps.objects.put(row.document) };
}
