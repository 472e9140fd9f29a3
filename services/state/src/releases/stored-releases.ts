import { ERROR_CODES, type storeRelease as storeReleaseCall } from "@honua/contracts";
import { type Clock, type ObjectStoreClient, PermanentError } from "@honua/service-kit";
import type { Insertable, QueryCreator } from "kysely";
import type { z } from "zod";
import type { Database, Reader } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";

/**
 * Keeps a release that lies in the object store; the same digest twice is the same release.
 *
 * @throws PermanentError `corrupt-object`, TransientError `object-missing`
 */
export async function storeRelease(
  deps: { database: Database; clock: Clock; objects: ObjectStoreClient },
  { digest, environment }: z.output<typeof storeReleaseCall.request>,
): Promise<{ digest: string }> {
  const document = await deps.objects.get(digest);
  const release = { digest, environment, document, stored_at: deps.clock.now() };
  await deps.database.read((reader) => upsertRelease(release)(reader).execute());
  return { digest };
}

/** Stored again, a release counts as new: it is about to be referred to. */
export function upsertRelease(release: Insertable<Tables["releases"]>) {
  const { stored_at } = release;
  return (query: Pick<QueryCreator<Tables>, "insertInto">) =>
    query
      .insertInto("releases")
      .values(release)
      .onConflict((conflict) => conflict.column("digest").doUpdateSet({ stored_at }));
}

/** @throws PermanentError `invalid-request` when it is not kept */
export async function requireStoredRelease(reader: Reader, digest: string): Promise<void> {
  const kept = await reader
    .selectFrom("releases")
    .select("digest")
    .where("digest", "=", digest)
    .executeTakeFirst();
  if (kept) return;
  throw new PermanentError(
    ERROR_CODES.invalidRequest,
    `release ${digest} is neither kept nor in the object store; put it there before a deployment refers to it`,
  );
}

/**
 * Puts a kept release back into the object store.
 *
 * @throws PermanentError `not-found`
 */
export async function offerRelease(
  deps: { database: Database; objects: ObjectStoreClient },
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
