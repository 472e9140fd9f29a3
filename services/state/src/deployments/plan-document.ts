import type { Reader } from "../database/database.ts";

/** Keeps the whole plan of a deployment whose document holds a part of it. */
export async function storePlanDocument(reader: Reader, id: string, document: string) {
  await reader
    .updateTable("deployments")
    .set({ plan_document: document })
    .where("id", "=", id)
    .execute();
}

/** JSON of the whole plan, when it is kept apart. */
export async function readPlanDocument(reader: Reader, id: string): Promise<string | undefined> {
  const row = await reader
    .selectFrom("deployments")
    .select("plan_document")
    .where("id", "=", id)
    .executeTakeFirst();
  return row?.plan_document ?? undefined;
}
