import { PermanentError } from "@honua/service-kit";
import type { Reader } from "../database/database.ts";

/** @throws PermanentError `not-found` if the environment does not exist */
export async function requireEnvironment(reader: Reader, name: string): Promise<void> {
  const known = await reader
    .selectFrom("environments")
    .select("name")
    .where("name", "=", name)
    .executeTakeFirst();
  if (!known) throw unknownEnvironment(name);
}

/** The error for an environment that does not exist. */
export function unknownEnvironment(name: string): PermanentError {
  return new PermanentError(
    "not-found",
    `Environment '${name}' does not exist: nothing was ever deployed to it.`,
  );
}

/** Reads environment names in order; without a page, all of them. */
export async function readEnvironmentNames(
  reader: Reader,
  page: { after?: string | undefined; limit?: number } = {},
): Promise<string[]> {
  let query = reader.selectFrom("environments").select("name").orderBy("name");
  if (page.after !== undefined) query = query.where("name", ">", page.after);
  if (page.limit !== undefined) query = query.limit(page.limit);
  const rows = await query.execute();
  return rows.map(({ name }) => name);
}
