import {
  type DeleteQueryBuilder,
  type InsertQueryBuilder,
  type QueryCreator,
  sql,
  type Transaction,
  type UpdateQueryBuilder,
} from "kysely";
import type { Tables } from "./tables.ts";

// biome-ignore lint/suspicious/noExplicitAny: whatever table it is of, and whatever it returns
type AnyWrite = InsertQueryBuilder<any, any, any> | UpdateQueryBuilder<any, any, any, any>;

/** An insert, update or delete that may be one of several in a statement. */
export type Write = (
  query: QueryCreator<Tables>,
  // biome-ignore lint/suspicious/noExplicitAny: as above
) => AnyWrite | DeleteQueryBuilder<any, any, any>;

/**
 * Makes several changes in one statement. They all see what was there before it, and happen in no
 * order, so that no two of them may be about the same row. A transaction costs the database and this
 * process as much for each statement as for what is in it.
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
