import type { Reader } from "../database/database.ts";

/** Stores the complete plan of a deployment whose document contains only a part of it. */
export async function storePlanDocument(reader: Reader, id: string, document: string) {
  await reader
    .updateTable("deployments")
    .set({ plan_document: document })
    .where("id", "=", id)
    .execute();
}

/** Reads the complete plan as JSON, if it is stored separately. */
export async function readPlanDocument(reader: Reader, id: string): Promise<string | undefined> {
  const row = await reader
    .selectFrom("deployments")
    .select("plan_document")
    .where("id", "=", id)
    .executeTakeFirst();
  return row?.plan_document ?? undefined;
}
