import { ResultTooLargeError } from "../errors/unreadable-result.ts";
import type { BufferPool } from "../memory/buffer-pool.ts";
import { combinedMemory, Lease, type LeasedBuffer } from "../memory/lease.ts";
import type { ByteRow } from "../protocol/row-tap.ts";

/** The rows of a statement in the memory that they were read into. */
export type LeasedRows = Lease<readonly ByteRow[]>;

/** The memory that a connection reads rows into. */
export interface RowMemory {
  /**
   * Returns memory for a row, or undefined to skip the row without storing it.
   *
   * @throws anything to refuse the row, before memory is allocated for it
   */
  acquire(bytes: number): Buffer | undefined;
  /** Leases the rows together with the memory acquired since the previous lease. */
  lease(rows: readonly ByteRow[]): LeasedRows;
}

/**
 * Memory for the results of statements, up to a limit.
 *
 * The memory of a result that failed is not released. The driver can stop waiting while the server is
 * still sending a row, and the rest of that row is written to its memory when it arrives.
 */
export class LimitedRowMemory implements RowMemory {
  readonly #pool: BufferPool;
  readonly #maxBytes: number;
  #usedBytes = 0;
  #leases: LeasedBuffer[] = [];

  /** @param maxBytes bytes of all rows together */
  constructor(pool: BufferPool, maxBytes: number) {
    this.#pool = pool;
    this.#maxBytes = maxBytes;
  }

  /** @throws ResultTooLargeError */
  acquire(bytes: number): Buffer {
    this.#usedBytes += bytes;
    if (this.#usedBytes > this.#maxBytes) throw new ResultTooLargeError(this.#maxBytes);
    const lease = this.#pool.acquire(bytes);
    this.#leases.push(lease);
    return lease.value;
  }

  lease(rows: readonly ByteRow[]): LeasedRows {
    const leases = this.#leases;
    this.#leases = [];
    const [only, ...others] = leases;
    return new Lease(rows, only && others.length === 0 ? only : combinedMemory(leases));
  }
}
