export type { StatementOwner } from "./client-abort.ts";
export { asDatabaseError, DATABASE_CODES } from "./errors/database-error.ts";
export { BufferPool, bufferPool } from "./memory/buffer-pool.ts";
export { Lease, type LeasedBuffer } from "./memory/lease.ts";
export type { ByteRow } from "./protocol/row-tap.ts";
export type { RowCursor } from "./query/row-cursor.ts";
export type { LeasedRows } from "./query/row-memory.ts";
export { openRawDatabase, type RawDatabase } from "./raw-database.ts";
export { BoundValues, type Row, type Statement } from "./statement.ts";
