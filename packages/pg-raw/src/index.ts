export { asDatabaseError, DATABASE_CODES } from "./database-error.ts";
export { createArena } from "./memory/arena.ts";
export { slabs } from "./memory/buffer-pool.ts";
export type { ByteRow } from "./protocol/row-tap.ts";
export type { RowCursor } from "./query/row-cursor.ts";
export { BoundValues, type Row, type Statement } from "./query/statement.ts";
export {
  openRawDatabase,
  type RawDatabase,
  type StatementOwner,
} from "./raw-database.ts";
