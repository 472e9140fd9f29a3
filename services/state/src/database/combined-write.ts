import {
  type DeleteQueryBuilder,
  type InsertQueryBuilder,
  type QueryCreator,
  sql,
  type Transaction,
  type UpdateQueryBuilder,
} from "kysely";
import type { Tables } from "./tables.ts";

// biome-ignore lint/suspicious/noExplicitAny: any table and any result
type AnyWrite = InsertQueryBuilder<any, any, any> | UpdateQueryBuilder<any, any, any, any>;

/** An insert, update or delete that can be combined with others in one statement. */
export type Write = (
  query: QueryCreator<Tables>,
  // biome-ignore lint/suspicious/noExplicitAny: as above
) => AnyWrite | DeleteQueryBuilder<any, any, any>;

/**
 * Executes several writes in one statement. All writes see the data before the statement and have no
 * order, so two of them must not change the same row. One statement is used because each additional
 * statement costs the database and this process as much as the work in it.
 */
export async function executeCombinedWrite(
  transaction: Transaction<Tables>,
  writes: readonly (readonly [name: string, write: Write])[],
): Promise<void> {
  if (writes.length === 0) return;
  let query: QueryCreator<Tables> = transaction;
  for (const [name, write] of writes) {
    query = query.with(name, write) as unknown as QueryCreator<Tables>;
  }
  await query.selectNoFrom(sql`1`.as("done")).execute();
}
