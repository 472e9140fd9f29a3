import type { BufferPool } from "./buffer-pool.ts";
import type { LeasedBuffer, ReleasableMemory } from "./lease.ts";

/** Bytes of the chunks that small buffers share. */
const CHUNK = 64 * 1024;
const EMPTY = Buffer.alloc(0);

/** Memory for many small buffers that are released together. */
export class Arena implements ReleasableMemory {
  readonly #pool: BufferPool;
  readonly #leases: LeasedBuffer[] = [];
  #chunk: Buffer = EMPTY;
  #used = 0;

  constructor(pool: BufferPool) {
    this.#pool = pool;
  }

  /** @throws MemoryBudgetError */
  acquire(bytes: number): Buffer {
    if (bytes > CHUNK) return this.#lease(bytes);
    if (bytes > this.#chunk.length - this.#used) {
      this.#chunk = this.#lease(CHUNK);
      this.#used = 0;
    }
    this.#used += bytes;
    return this.#chunk.subarray(this.#used - bytes, this.#used);
  }

  /** Returns all memory to the pool. No buffer of the arena may be read or written afterwards. */
  release(): void {
    for (const lease of this.#leases.splice(0)) lease.release();
    this.#chunk = EMPTY;
    this.#used = 0;
  }

  #lease(bytes: number): Buffer {
    const lease = this.#pool.acquire(bytes);
    this.#leases.push(lease);
    return lease.value;
  }
}
