import type { archiveRelease as archiveReleaseCall } from "@honua/contracts";
import { type Clock, type ObjectStoreClient, PermanentError } from "@honua/service-kit";
import type { Insertable, QueryCreator } from "kysely";
import type { z } from "zod";
import type { Database, Reader } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";

/**
 * Copies a release from the object store into the database. Storing the same digest again is
 * idempotent.
 *
 * @throws PermanentError `corrupt-object`, TransientError `object-missing`
 */
export async function archiveRelease(
  deps: { database: Database; clock: Clock; objects: ObjectStoreClient },
  { digest, environment }: z.output<typeof archiveReleaseCall.request>,
): Promise<{ digest: string }> {
  const document = await deps.objects.get(digest);
  const release = { digest, environment, document, stored_at: deps.clock.now() };
  await deps.database.read((reader) => upsertRelease(release)(reader).execute());
  return { digest };
}

/**
 * The insert of a release. Storing a release again renews its `stored_at`, which protects it from
 * retention until a deployment refers to it.
 */
export function upsertRelease(release: Insertable<Tables["releases"]>) {
  const { stored_at } = release;
  return (query: Pick<QueryCreator<Tables>, "insertInto">) =>
    query
      .insertInto("releases")
      .values(release)
      .onConflict((conflict) => conflict.column("digest").doUpdateSet({ stored_at }));
}

/** @throws PermanentError `invalid-request` if the release is not in the database */
export async function requireStoredRelease(reader: Reader, digest: string): Promise<void> {
  const kept = await reader
    .selectFrom("releases")
    .select("digest")
    .where("digest", "=", digest)
    .executeTakeFirst();
  if (kept) return;
  throw new PermanentError(
    "invalid-request",
    `Release ${digest} is in neither the database nor the object store. Upload it before a deployment refers to it.`,
  );
}

/**
 * Uploads a stored release to the object store again.
 *
 * @throws PermanentError `not-found`
 */
export async function republishRelease(
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
  if (!row) throw new PermanentError("not-found", `Release ${digest} does not exist.`);
  return { digest: await deps.objects.put(row.document) };
}
